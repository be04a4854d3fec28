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

  /// A model that scores answers.
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Judge(
      @Key(about = "where an OpenAI-compatible API begins, up to /v1") @Nullable String baseUrl,
      @Key(about = "the model's name there") @Nullable String model,
      @Key(about = "the environment variable that holds the key") @Nullable String apiKeyEnv) {}
}
