//! `base64` and `md5sum`.

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;

use super::{Work, run};
use crate::kubelet::runtime::kernel::Sys;
use crate::kubelet::runtime::process::{Base, Step};
use crate::kubelet::runtime::tools::{Args, Str};

pub(super) fn encode(decode: bool, wrap: u32, bytes: &[u8]) -> Result<Vec<u8>, String> {
    if decode {
        let text: Vec<u8> = bytes
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        return STANDARD.decode(text).map_err(|_| "base64: invalid input\n".to_owned());
    }
    let text = STANDARD.encode(bytes);
    if wrap == 0 {
        return Ok(text.into_bytes());
    }
    let lines: Vec<String> = text
        .as_bytes()
        .chunks(wrap as usize)
        .map(|line| String::from_utf8_lossy(line).into_owned() + "\n")
        .collect();
    Ok(lines.concat().into_bytes())
}

pub(crate) fn base64(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    let args = Args::new(args, "w");
    let wrap = args.value('w').and_then(|width| width.parse().ok()).unwrap_or(76);
    run(
        &args.operands,
        Work::Base64 {
            decode: args.has('d') || args.has('D'),
            wrap,
            bytes: Vec::new(),
        },
    )
}

pub(crate) fn md5sum(_: &mut Base, _: &mut Sys<'_, '_>, args: &[Str]) -> Step {
    run(&args[..args.len().min(1)], Work::Md5(Vec::new(), "-".into()))
}

/// RFC 1321.
pub(super) fn md5(input: &[u8]) -> String {
    const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let mut message = input.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend_from_slice(&(input.len() as u64).wrapping_mul(8).to_le_bytes());
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for chunk in message.chunks(64) {
        let word = |index: usize| {
            u32::from_le_bytes([
                chunk[index * 4],
                chunk[index * 4 + 1],
                chunk[index * 4 + 2],
                chunk[index * 4 + 3],
            ])
        };
        let [mut a, mut b, mut c, mut d] = state;
        for i in 0..64 {
            let (mix, index) = match i / 16 {
                0 => ((b & c) | (!b & d), i),
                1 => ((d & b) | (!d & c), (5 * i + 1) % 16),
                2 => (b ^ c ^ d, (3 * i + 5) % 16),
                _ => (c ^ (b | !d), 7 * i % 16),
            };
            let sum = a.wrapping_add(mix).wrapping_add(SINES[i]).wrapping_add(word(index));
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(SHIFTS[i / 16][i % 4]));
        }
        for (total, part) in state.iter_mut().zip([a, b, c, d]) {
            *total = total.wrapping_add(part);
        }
    }
    state
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The constants of MD5: the whole part of `2^32 * |sin(i + 1)|`.
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];
