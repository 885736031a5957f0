//! kubectl: commands, printers, describe.
