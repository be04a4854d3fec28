package dev.jlava.recipe;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An evaluation: the tasks whose questions models answer. Each component is a key of the YAML file
/// under the same name in snake case; a recipe's `eval` holds the same tasks.
public record EvalRecipe(
    @Key(about = "the evaluation's name", pattern = "\\S.*") String name,
    @Key(about = "the evaluation's directory; evaluations/NAME if absent") @Nullable Path output,
    @Key(about = "a list of at least one task", least = 1) List<Task> tasks,
    @Key(about = "how answers are generated", otherwise = "{}") Generation generation,
    @Key(about = "the conversation template; what the model's directory says if absent")
        @Nullable String template,
    @Key(about = "auto, cpu or cuda", otherwise = "\"auto\"", pattern = "auto|cpu|cuda(:\\d+)?")
        String device,
    @Key(about = "threads of one operator; 0: libtorch's choice", otherwise = "0", least = 0)
        int threads) {

  /// Where results go.
  public Path directory() {
    return output == null ? Path.of("evaluations", name) : output;
  }

  /// How answers are generated.
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Generation(
      @Key(
              about = "longest answer in tokens; as the task's original script allows if absent",
              above = 0)
          @Nullable Integer maxNewTokens,
      @Key(about = "divisor of the logits; 0 takes the likeliest token", otherwise = "0", least = 0)
          double temperature,
      @Key(about = "seed of the choices where temperature is above 0", otherwise = "0") long seed,
      @Key(about = "answers that are generated together", otherwise = "8", above = 0) int batch,
      @Key(about = "dtype of weights and activations", otherwise = "\"bf16\"")
          Recipe.Precision precision) {}

  /// The questions of one benchmark. Which of the files a task reads depends on its type.
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Task(
      @Key(about = "which benchmark, as ./jlava score names it", pattern = "[a-z0-9_]+")
          String type,
      @Key(about = "its directory's name; the type if absent", pattern = "[A-Za-z0-9_.-]+")
          @Nullable String name,
      @Key(about = "the questions") @Nullable Path questions,
      @Key(about = "the folder that image paths start from; the questions' own if absent")
          @Nullable Path images,
      @Key(about = "the right answers, where the benchmark keeps them apart")
          @Nullable Path annotations,
      @Key(about = "which part of the benchmark's files") @Nullable String split,
      @Key(about = "reference answers that a judge compares with") @Nullable Path answers,
      @Key(about = "what the images show, in words, for a judge") @Nullable Path context,
      @Key(about = "questions that are asked, evenly spread; all if absent", above = 0)
          @Nullable Integer samples,
      @Key(about = "answered examples in front of each question", otherwise = "0", least = 0)
          int shots,
      @Key(about = "where examples come from: questions with their answers") @Nullable Path pool,
      @Key(about = "the folder that the pool's image paths start from; its own if absent")
          @Nullable Path poolImages,
      @Key(about = "longest answer in tokens, where it differs from generation's", above = 0)
          @Nullable Integer maxNewTokens,
      @Key(about = "the model that scores answers to open questions") @Nullable Judge judge) {

    /// The task's directory.
    public String label() {
      return name == null ? type : name;
    }
  }

  /// A model that scores answers beside reference answers.
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Judge(
      @Key(about = "where an OpenAI-compatible API begins, up to /v1") @Nullable String baseUrl,
      @Key(about = "the model's name there") @Nullable String model,
      @Key(about = "the environment variable that holds the key") @Nullable String apiKeyEnv,
      @Key(
              about =
                  "a judge on this machine in place of an API: a model's directory, a run, a hub id")
          @Nullable Path modelPath,
      @Key(about = "auto, cpu or cuda, for model_path", otherwise = "\"auto\"") String device,
      @Key(about = "dtype of weights and activations, for model_path", otherwise = "\"bf16\"")
          Recipe.Precision precision,
      @Key(
              about =
                  "what the judge is told, by category, as LLaVA's rule.json; JLaVA's own if absent")
          @Nullable Path rule,
      @Key(about = "asks, reads and counts as LLaVA does") @Nullable Compat compat,
      @Key(about = "which answer the judge reads first; both, one after the other, if absent")
          @Nullable Orders orders,
      @Key(about = "how often each order is asked", otherwise = "1", above = 0) int samples,
      @Key(about = "0 takes the likeliest token", otherwise = "0.2", least = 0) double temperature,
      @Key(about = "longest verdict in tokens", otherwise = "1024", above = 0) int maxTokens,
      @Key(
              about =
                  "what the endpoint calls max_tokens: OpenAI's newer models max_completion_tokens",
              otherwise = "\"max_tokens\"")
          TokenLimit maxTokensAs,
      @Key(about = "sent along; a sample adds its number") @Nullable Long seed,
      @Key(about = "whether the judge sees the images", otherwise = "false") boolean showImages,
      @Key(about = "requests at one time", otherwise = "8", above = 0) int concurrency,
      @Key(about = "most requests within a minute", above = 0) @Nullable Long requestsPerMinute,
      @Key(about = "most tokens within a minute, estimated", above = 0)
          @Nullable Long tokensPerMinute,
      @Key(about = "attempts after the first", otherwise = "6", least = 0) int retries,
      @Key(about = "longest wait for a reply in seconds", otherwise = "120", above = 0)
          double timeout,
      @Key(about = "where asking ends", otherwise = "{}") Budget budget,
      @Key(about = "the folder of kept replies; judge-cache with the results if absent")
          @Nullable Path cache) {}

  /// Whose ways are followed to the letter.
  public enum Compat {
    LLAVA
  }

  /// What an endpoint calls the longest reply.
  public enum TokenLimit {
    MAX_TOKENS,
    MAX_COMPLETION_TOKENS
  }

  /// Which answer the judge reads first.
  public enum Orders {
    BOTH,
    REFERENCE_FIRST
  }

  /// Where asking ends; what has been answered until then is kept.
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Budget(
      @Key(about = "most requests, those that fail included", above = 0) @Nullable Long maxRequests,
      @Key(about = "most tokens, of prompts and replies", above = 0) @Nullable Long maxTokens,
      @Key(about = "most money, in the unit of the prices", above = 0) @Nullable Double maxCost,
      @Key(about = "price of a million prompt tokens", otherwise = "0", least = 0)
          double inputPrice,
      @Key(about = "price of a million reply tokens", otherwise = "0", least = 0)
          double outputPrice) {}
}
