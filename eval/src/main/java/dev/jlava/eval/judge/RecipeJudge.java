package dev.jlava.eval.judge;

import dev.jlava.engine.Device;
import dev.jlava.engine.ScalarType;
import dev.jlava.eval.chat.ApiKey;
import dev.jlava.eval.chat.Budget;
import dev.jlava.eval.chat.CachedChat;
import dev.jlava.eval.chat.ChatModel;
import dev.jlava.eval.chat.Endpoint;
import dev.jlava.eval.chat.HttpChatModel;
import dev.jlava.eval.chat.LocalChatModel;
import dev.jlava.eval.chat.Spending;
import dev.jlava.eval.judge.Pair.Order;
import dev.jlava.recipe.EvalRecipe;
import dev.jlava.recipe.Recipe.Precision;
import dev.jlava.train.ModelSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/// The judge of a recipe, and what it takes to put it together: its model, how it is asked, what it
/// may cost.
///
/// @param environment where the endpoint's key is
/// @param sources what the path of a model stands for, which may be a hub id
public record RecipeJudge(
    EvalRecipe.Judge recipe, Map<String, String> environment, Function<Path, ModelSource> sources) {
  public RecipeJudge {
    environment = Map.copyOf(environment);
  }

  /// How it is asked.
  Judge.Settings settings() {
    boolean compat = recipe.compat() == EvalRecipe.Compat.LLAVA;
    boolean both = !compat && recipe.orders() != EvalRecipe.Orders.REFERENCE_FIRST;
    return new Judge.Settings(
        compat,
        both ? List.of(Order.values()) : List.of(Order.REFERENCE_FIRST),
        recipe.samples(),
        recipe.temperature(),
        recipe.maxTokens(),
        recipe.seed());
  }

  Budget budget() {
    EvalRecipe.Budget limits = recipe.budget();
    return new Budget(
        Objects.requireNonNullElse(limits.maxRequests(), Long.MAX_VALUE),
        Objects.requireNonNullElse(limits.maxTokens(), Long.MAX_VALUE),
        Objects.requireNonNullElse(limits.maxCost(), Double.POSITIVE_INFINITY),
        limits.inputPrice(),
        limits.outputPrice());
  }

  /// The model, with a folder of kept replies.
  ///
  /// @param usual the folder, unless the recipe says where
  ChatModel model(Spending spending, Path usual) {
    Path path = recipe.modelPath();
    return new CachedChat(
        path == null ? remote(spending) : here(path, spending),
        Objects.requireNonNullElse(recipe.cache(), usual));
  }

  private ChatModel here(Path path, Spending spending) {
    return new LocalChatModel(
        new LocalChatModel.Named(path, sources.apply(path)),
        Device.named(recipe.device()),
        recipe.precision() == Precision.FP32 ? ScalarType.F32 : ScalarType.BF16,
        spending);
  }

  private ChatModel remote(Spending spending) {
    ApiKey key =
        recipe.apiKeyEnv() == null
            ? ApiKey.NONE
            : ApiKey.fromEnvironment(recipe.apiKeyEnv(), environment);
    Endpoint endpoint =
        Endpoint.of(
                Objects.requireNonNull(recipe.baseUrl()),
                Objects.requireNonNull(recipe.model()),
                key)
            .within(Duration.ofMillis(Math.round(recipe.timeout() * 1000)), recipe.retries())
            .limited(
                recipe.concurrency(),
                Objects.requireNonNullElse(recipe.requestsPerMinute(), Long.MAX_VALUE),
                Objects.requireNonNullElse(recipe.tokensPerMinute(), Long.MAX_VALUE));
    boolean completions = recipe.maxTokensAs() == EvalRecipe.TokenLimit.MAX_COMPLETION_TOKENS;
    return new HttpChatModel(completions ? endpoint.limitingCompletions() : endpoint, spending);
  }
}
