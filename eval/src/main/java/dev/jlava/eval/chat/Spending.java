package dev.jlava.eval.chat;

import dev.jlava.eval.chat.ChatException.Reach;
import dev.jlava.eval.chat.ChatReply.Usage;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What has been asked so far, held against a budget. An attempt begins with an estimate, which
/// counts until what it used is known; so attempts side by side do not pass the budget together.
public final class Spending {
  private final Budget budget;
  private Usage used = Usage.NONE;
  private Usage pending = Usage.NONE;
  private long requests;
  private int running;
  private @Nullable String reached;

  public Spending(Budget budget) {
    this.budget = budget;
  }

  /// What was used.
  ///
  /// @param requests attempts sent, those that failed included
  /// @param cost 0 without prices
  public record Total(long requests, Usage usage, double cost) {}

  public synchronized Total total() {
    return new Total(requests, used, budget.cost(used));
  }

  /// Why nothing more is asked, once that is so.
  public synchronized Optional<String> reached() {
    return Optional.ofNullable(reached);
  }

  /// Counts an attempt that is about to be sent. Where it fits only if those under way use less
  /// than estimated, it waits for them.
  ///
  /// @throws ChatException where the budget has no room
  synchronized void begin(Usage estimate) throws InterruptedException {
    Optional<String> problem = problem(estimate);
    while (reached == null && problem.isPresent()) {
      if (running == 0 || requests >= budget.maxRequests()) {
        reached = problem.get();
        notifyAll();
      } else {
        wait();
        problem = problem(estimate);
      }
    }
    if (reached != null) {
      throw new ChatException(Reach.BUDGET, reached);
    }
    requests++;
    running++;
    pending = pending.plus(estimate);
  }

  /// Ends an attempt: what it used takes the place of the estimate.
  synchronized void end(Usage estimate, Usage actual) {
    running--;
    pending = pending.minus(estimate);
    used = used.plus(actual);
    notifyAll();
  }

  private Optional<String> problem(Usage estimate) {
    if (requests >= budget.maxRequests()) {
      return Optional.of(stop("max_requests", budget.maxRequests(), requests));
    }
    Usage all = used.plus(pending).plus(estimate);
    if (all.total() > budget.maxTokens()) {
      return Optional.of(stop("max_tokens", budget.maxTokens(), used.total()));
    }
    return budget.cost(all) > budget.maxCost()
        ? Optional.of(stop("max_cost", budget.maxCost(), budget.cost(used)))
        : Optional.empty();
  }

  private static String stop(String limit, Number allowed, Number spent) {
    return "the budget is used up (budget."
        + limit
        + " "
        + allowed
        + ", used "
        + spent
        + "; one more request may not fit); raise it and run again: what was answered is kept";
  }
}
