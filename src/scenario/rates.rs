//! Amounts per second.

use crate::api::quantity::Quantity;

/// Thousandths of requests a second, from `20/s`, `90/m` or `0.5/s`.
pub(crate) fn parse_rate(text: &str) -> Result<u64, String> {
    let refuse = || format!("no rate: {text:?} (write it as 20/s)");
    let (amount, unit) = text.split_once('/').ok_or_else(refuse)?;
    let milli = Quantity::parse(amount.trim()).map_err(|_| refuse())?.milli_value();
    let milli = u64::try_from(milli).map_err(|_| refuse())?;
    match unit.trim() {
        "s" => Ok(milli),
        "m" => Ok(milli / 60),
        "h" => Ok(milli / 3600),
        _ => Err(refuse()),
    }
}

/// Bytes a second, from `10Mi/s`.
pub(crate) fn parse_growth(text: &str) -> Result<u64, String> {
    let refuse = || format!("no growth: {text:?} (write it as 10Mi/s)");
    let amount = text.strip_suffix("/s").ok_or_else(refuse)?;
    let bytes = Quantity::parse(amount.trim()).map_err(|_| refuse())?.value();
    u64::try_from(bytes).map_err(|_| refuse())
}
