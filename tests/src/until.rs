//! Waiting for a condition, never for a time.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// A condition that did not come true in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("waited {deadline:?} in vain for {what}")]
pub struct InVain {
    what: String,
    deadline: Duration,
}

/// Asks `condition` again and again until it has a value, at most until `deadline` is over.
///
/// # Errors
/// [`InVain`], which names `what` was waited for.
///
/// ```
/// # use std::time::Duration;
/// # use axisor_tests::until;
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let mut tries = 0;
/// let found = until(Duration::from_secs(5), "the third try", || {
///     tries += 1;
///     async move { (tries == 3).then_some("here") }
/// });
/// assert_eq!(found.await, Ok("here"));
/// # });
/// ```
pub async fn until<T, Look>(
    deadline: Duration,
    what: &str,
    mut condition: impl FnMut() -> Look,
) -> Result<T, InVain>
where
    Look: Future<Output = Option<T>>,
{
    let end = Instant::now() + deadline;
    loop {
        if let Some(found) = condition().await {
            return Ok(found);
        }
        if Instant::now() >= end {
            let what = what.to_owned();
            return Err(InVain { what, deadline });
        }
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_never_comes_is_named() {
        let never = until(Duration::from_secs(3), "the moon", || async { None::<()> }).await;
        let error = never.expect_err("in vain").to_string();
        assert_eq!(error, "waited 3s in vain for the moon");
    }
}
