//! How much may be read of each table whose rows differ, so that memory stays bounded whatever the number of tables, the
//! number of rows and the length of their keys. Pure.

/// Bytes of keys and hashes that are kept of one side.
const BYTES: usize = 6 << 20;
/// Buckets whose digests are kept of one side.
const BUCKETS: u64 = 16_384;
/// Rows that are named in the report.
const NAMED: usize = 10_000;
/// Rows of all tables whose columns are compared.
const DETAILED: usize = 2_000;
/// What an entry takes beside its key.
pub(crate) const ENTRY: usize = 96;

/// What one of several tables may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// Bytes of keys and hashes of one side.
    pub(crate) bytes: usize,
    /// Rows of one side.
    pub(crate) rows: usize,
    /// Buckets it is divided into, at most.
    pub(crate) buckets: u64,
    /// Rows of each sort that are named; the others are only counted.
    pub(crate) named: usize,
    /// Rows whose columns are compared.
    pub(crate) detailed: usize,
}

impl Share {
    /// The share of each of so many tables.
    pub(crate) fn of(tables: usize) -> Self {
        let tables = tables.max(1);
        let bytes = BYTES / tables;
        Self {
            bytes,
            rows: (bytes / (ENTRY + 16)).max(8),
            buckets: (BUCKETS / tables as u64).max(8),
            named: (NAMED / tables).clamp(5, 1000),
            detailed: (DETAILED / tables).clamp(1, 20),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shares_together_stay_bounded() {
        for tables in [1, 7, 583, 5_000] {
            let share = Share::of(tables);

            assert!(share.bytes * tables <= BYTES, "{tables}: {share:?}");
            assert!(
                share.buckets >= 8 && share.rows >= 8 && share.named >= 5 && share.detailed >= 1,
                "{share:?}"
            );
        }
        assert_eq!(Share::of(0), Share::of(1));
        assert_eq!(Share::of(1).detailed, 20);
    }
}
