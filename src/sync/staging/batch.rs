//! Which tables are staged together, and by how many at once. Pure.

/// Tables that are smaller go together, so that many of them cost few round trips.
const TOGETHER: u64 = 8 << 20;

/// How many streams there are at most: more of them do not make a server faster.
const MOST: u64 = 4;

/// Numbers of tables that are staged in one flight, the largest first: what takes longest must not begin last.
pub(crate) fn batches(bytes: &[u64]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..bytes.len()).collect();
    order.sort_by_key(|number| std::cmp::Reverse(bytes[*number]));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut sum = u64::MAX;
    for number in order {
        sum = sum.saturating_add(bytes[number]);
        match batches.last_mut() {
            Some(batch) if sum <= TOGETHER => batch.push(number),
            Some(_) | None => {
                batches.push(vec![number]);
                sum = bytes[number];
            }
        }
    }
    batches
}

/// How many streams carry the batches: one at least; never more than half of the connections that are free.
pub(crate) fn streams(batches: usize, cores: usize, free_connections: [u64; 2]) -> usize {
    let free = free_connections.into_iter().min().unwrap_or(0) / 2;
    let wanted = (cores as u64).clamp(2, MOST).min(batches as u64).min(free + 1);
    usize::try_from(wanted).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_tables_go_first_and_alone_and_small_ones_together() {
        let mega = 1 << 20;

        assert_eq!(batches(&[mega, 100 * mega, 2 * mega, 7 * mega, 0]), [vec![1], vec![3], vec![2, 0, 4]]);
        assert_eq!(batches(&[]), Vec::<Vec<usize>>::new());
        assert_eq!(batches(&[u64::MAX, u64::MAX]).len(), 2);
    }

    #[test]
    fn a_server_keeps_connections_for_others() {
        assert_eq!(streams(10, 8, [100, 100]), 4);
        assert_eq!(streams(10, 1, [100, 100]), 2);
        assert_eq!(streams(10, 8, [100, 3]), 2);
        assert_eq!(streams(10, 8, [0, 100]), 1);
        assert_eq!(streams(1, 8, [100, 100]), 1);
        assert_eq!(streams(0, 8, [100, 100]), 1);
    }
}
