package dev.jlava.recipe;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A training recipe: a model, and the stages that train it. Each component is a key of the YAML
/// file under the same name in snake case; [Key] says what it means.
public record Recipe(
    @Key(about = "the recipe's name", pattern = "\\S.*") String name,
    @Key(about = "seed of everything random", otherwise = "42", least = 0) long seed,
    @Key(about = "the run directory; checkpoints/NAME if absent") @Nullable Path output,
    @Key(about = "the model to train") Model model,
    @Key(about = "where and how precisely", otherwise = "{}") Compute runtime,
    @Key(about = "a list of at least one stage", least = 1) List<Stage> stages,
    @Key(about = "how losses are averaged", otherwise = "{}") Loss loss,
    @Key(about = "when the run is saved", otherwise = "{}") Checkpoint checkpoint,
    @Key(about = "tasks that the trained model is asked: a list, or an object with tasks")
        @Nullable Eval eval) {

  /// The run directory.
  public Path runDirectory() {
    return output == null ? Path.of("checkpoints", name) : output;
  }

  /// The same recipe with another model and other stages.
  public Recipe with(Model other, List<Stage> others) {
    return new Recipe(name, seed, output, other, runtime, others, loss, checkpoint, eval);
  }

  /// The tasks that the trained model is asked, as an evaluation of its own beside the run.
  public Optional<EvalRecipe> evaluation() {
    return Optional.ofNullable(eval)
        .map(e ->
            new EvalRecipe(
                name,
                runDirectory().resolve("eval"),
                e.tasks(),
                e.generation(),
                null,
                runtime.device(),
                runtime.threads()));
  }

  /// The model: a LLaVA directory, or a vision tower, a projector and a decoder.
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Model(
      @Key(about = "a LLaVA model: a directory, a GGUF file with an mmproj beside it, or a hub id")
          @Nullable Path path,
      @Key(
              about =
                  "the model behind an adapter or a projector at `path`; the one that it names if"
                      + " absent")
          @Nullable Path base,
      @Key(about = "the vision tower, where the model is put together from parts")
          @Nullable Vision vision,
      @Key(about = "the projector, where the model is put together from parts")
          @Nullable Projector projector,
      @Key(about = "the decoder, where the model is put together from parts")
          @Nullable Decoder decoder,
      @Key(about = "quantises the decoder of `path` as it is loaded", otherwise = "\"none\"")
          Quantize quantize,
      @Key(about = "quantises the scales of nf4 too", otherwise = "false") boolean doubleQuant,
      @Key(about = "how images are prepared", otherwise = "{}") Image image,
      @Key(about = "longest sequence, images included", otherwise = "2048", above = 0)
          int maxTokens) {

    /// The same model, whole, with its files in other places.
    public Model at(Path whole, @Nullable Path behind) {
      return new Model(
          whole, behind, vision, projector, decoder, quantize, doubleQuant, image, maxTokens);
    }

    /// The same model with other parts.
    public Model of(
        @Nullable Vision tower, @Nullable Projector between, @Nullable Decoder language) {
      return new Model(
          path, base, tower, between, language, quantize, doubleQuant, image, maxTokens);
    }

    /// How the decoder is quantised, and whether the scales of nf4 are too.
    public Quantized quantized() {
      return decoder == null
          ? new Quantized(quantize, doubleQuant)
          : new Quantized(decoder.quantize, decoder.doubleQuant);
    }
  }

  /// What `quantize` and `double_quant` say together.
  public record Quantized(Quantize quantize, boolean doubleQuant) {}

  /// How the linear layers of a decoder are quantised (QLoRA): not at all, to 4-bit NormalFloat, or
  /// to 8-bit integers by row.
  public enum Quantize {
    NONE,
    NF4,
    INT8
  }

  /// A vision tower.
  public record Vision(
      @Key(about = "a CLIP or SigLIP model: a directory, an mmproj GGUF file, or a hub id")
          Path path,
      @Key(
              about = "the hidden state that is read: index, from the end if negative",
              otherwise = "-2")
          int layer,
      @Key(about = "whether CLIP's class token is read too", otherwise = "\"patch\"")
          Features features,
      @Key(about = "where its weights come from", otherwise = "\"pretrained\"") Init init) {

    /// The same tower with its files in another place.
    public Vision at(Path other) {
      return new Vision(other, layer, features, init);
    }
  }

  /// Which of the tower's tokens are read.
  public enum Features {
    PATCH,
    CLS_PATCH
  }

  /// Where weights come from: files, or the recipe's seed.
  public enum Init {
    PRETRAINED,
    RANDOM
  }

  /// A projector.
  public record Projector(
      @Key(
              about = "linear, identity, or mlpNx_gelu with N linear layers",
              otherwise = "\"mlp2x_gelu\"",
              pattern = "linear|identity|mlp[1-9]x_gelu")
          String type,
      @Key(
              about =
                  "weights to begin with: a file, a directory, or a hub id; drawn from the seed if"
                      + " absent")
          @Nullable Path path) {

    /// The same projector with its weights in another place.
    public Projector at(Path other) {
      return new Projector(type, other);
    }
  }

  /// A decoder.
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Decoder(
      @Key(about = "a LLaMA, Mistral or Qwen2 model: a directory, a GGUF file, or a hub id")
          Path path,
      @Key(about = "where its weights come from", otherwise = "\"pretrained\"") Init init,
      @Key(about = "quantises its linear layers as they are loaded", otherwise = "\"none\"")
          Quantize quantize,
      @Key(about = "quantises the scales of nf4 too", otherwise = "false") boolean doubleQuant) {

    /// The same decoder with its files in another place.
    public Decoder at(Path other) {
      return new Decoder(other, init, quantize, doubleQuant);
    }
  }

  /// How images are prepared.
  public record Image(
      @Key(about = "how an image becomes a square", otherwise = "\"square\"") Aspect aspect) {}

  /// How an image becomes a square: cropped (`square`), or padded with the mean colour (`pad`).
  public enum Aspect {
    SQUARE,
    PAD
  }

  /// Where and how precisely.
  public record Compute(
      @Key(about = "auto, cpu or cuda", otherwise = "\"auto\"", pattern = "auto|cpu|cuda(:\\d+)?")
          String device,
      @Key(about = "dtype of weights and activations", otherwise = "\"bf16\"") Precision precision,
      @Key(
              about = "what the backward pass keeps; recompute is activation checkpointing",
              otherwise = "\"keep\"")
          Activations activations,
      @Key(about = "threads of one operator; 0: libtorch's choice", otherwise = "0", least = 0)
          int threads,
      @Key(about = "threads that tokenise and decode ahead", otherwise = "2", above = 0)
          int workers) {}

  /// Dtype of weights and activations.
  public enum Precision {
    FP32,
    BF16
  }

  /// What the backward pass keeps of the forward pass.
  public enum Activations {
    KEEP,
    RECOMPUTE
  }

  /// How losses are averaged.
  public record Loss(
      @Key(
              about = "over the tokens of the step, or LLaVA's mean of micro-batch means",
              otherwise = "\"global_tokens\"")
          Average average) {}

  /// What a token's loss is divided by.
  public enum Average {
    GLOBAL_TOKENS,
    MICRO_BATCH
  }

  /// When the run is saved.
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Checkpoint(
      @Key(about = "steps between checkpoints", otherwise = "500", above = 0) int every,
      @Key(about = "checkpoints of a stage that are kept", otherwise = "2", above = 0) int keep,
      @Key(about = "also keeps those at multiples of this many steps", above = 0)
          @Nullable Integer keepEvery,
      @Key(
              about = "also saves and keeps the one with a stage's lowest validation loss",
              otherwise = "false")
          boolean best,
      @Key(
              about = "written while training goes on; needs memory for a copy of what is saved",
              otherwise = "true")
          boolean background) {}

  /// Tasks that the model is asked: all of their questions at the end of the run and, where `every`
  /// is given, some of them on the way.
  public record Eval(
      @Key(about = "steps between evaluations on the way; none if absent", above = 0)
          @Nullable Integer every,
      @Key(
              about = "most questions of each task on the way, evenly spread",
              otherwise = "64",
              above = 0)
          int samples,
      @Key(about = "a list of at least one task", least = 1) List<EvalRecipe.Task> tasks,
      @Key(about = "how answers are generated", otherwise = "{}")
          EvalRecipe.Generation generation) {}

  /// One stage. Parts that `train` does not name are frozen.
  public record Stage(
      @Key(about = "the stage's name", pattern = "[A-Za-z0-9_.-]+") String name,
      @Key(about = "the parts to train, each with its lr") Trained train,
      @Key(about = "a list of at least one data set", least = 1) List<Data> data,
      @Key(about = "the conversation template") String template,
      @Key(about = "the order of the samples", otherwise = "{}") Order order,
      @Key(about = "passes over the data; 1 if steps is absent too", above = 0)
          @Nullable Double epochs,
      @Key(about = "optimizer steps, in place of epochs", above = 0) @Nullable Integer steps,
      @Key(about = "how many samples at a time") Batch batch,
      @Key(about = "the optimizer", otherwise = "{}") Optimizer optimizer,
      @Key(
              about = "the learning rate over the steps",
              otherwise = "{\"type\": \"cosine\", \"warmup_ratio\": 0.03}")
          Schedule schedule,
      @Key(about = "what happens to samples that do not fit", otherwise = "{}") Problems problems,
      @Key(about = "how images are prepared, where it differs from model.image")
          @Nullable Image image,
      @Key(about = "held-out data whose loss is logged") @Nullable Validation validation) {

    /// The same stage with its parts trained in another way.
    public Stage with(Trained other) {
      return new Stage(
          name,
          other,
          data,
          template,
          order,
          epochs,
          steps,
          batch,
          optimizer,
          schedule,
          problems,
          image,
          validation);
    }
  }

  /// The parts that a stage trains.
  public record Trained(
      @Key(about = "trains the vision tower") @Nullable Train vision,
      @Key(about = "trains the projector") @Nullable Train projector,
      @Key(about = "trains the decoder") @Nullable Train decoder) {
    /// By the part's name, in the order of the data.
    public Map<String, Train> byPart() {
      Map<String, Train> parts = new LinkedHashMap<>();
      if (vision != null) {
        parts.put("vision", vision);
      }
      if (projector != null) {
        parts.put("projector", projector);
      }
      if (decoder != null) {
        parts.put("decoder", decoder);
      }
      return parts;
    }

    /// Names of the parts that are trained whole, without an adapter.
    public Set<String> whole() {
      Map<String, Train> parts = byPart();
      parts.values().removeIf(train -> train.adapter() != null);
      return parts.keySet();
    }
  }

  /// How a part is trained: whole, or by an adapter.
  public record Train(
      @Key(about = "the peak learning rate", least = 0, most = 10) double lr,
      @Key(about = "trains an adapter in place of the part's own weights")
          @Nullable Adapter adapter) {

    /// The same training with another adapter.
    public Train with(Adapter other) {
      return new Train(lr, other);
    }
  }

  /// A low-rank adapter (Hu et al. 2021), with PEFT's meanings.
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Adapter(
      @Key(about = "the kind of adapter", otherwise = "\"lora\"") AdapterType type,
      @Key(about = "rank", otherwise = "8", above = 0) int r,
      @Key(about = "scale is alpha / r", otherwise = "16", above = 0) double alpha,
      @Key(about = "dropout before A", otherwise = "0.0", least = 0, most = 1) double dropout,
      @Key(about = "all_linear, names of layers, or patterns", otherwise = "[\"all_linear\"]")
          List<String> targets,
      @Key(about = "which biases are trained", otherwise = "\"none\"") AdapterBias bias,
      @Key(about = "scale is alpha / sqrt(r)", otherwise = "false") boolean rslora,
      @Key(about = "magnitude and direction apart (DoRA)", otherwise = "false") boolean dora,
      @Key(about = "rate of B over rate of A (LoRA+)", otherwise = "1.0", above = 0) double lrRatio,
      @Key(about = "layers trained whole and saved with the adapter", otherwise = "[]")
          List<String> modulesToSave,
      @Key(
              about =
                  "a PEFT directory, or a hub id, to begin with; it gives all other keys but"
                      + " lr_ratio")
          @Nullable Path path,
      @Key(
              about = "tells adapters of one part apart",
              otherwise = "\"default\"",
              pattern = "[A-Za-z0-9_-]+")
          String name,
      @Key(
              about = "other adapters of the part that are at work, frozen; the rest do nothing",
              otherwise = "[]")
          List<String> active) {
    /// The same adapter with others at work beside it.
    public Adapter withActive(List<String> others) {
      return with(path, others);
    }

    /// The same adapter with its files in another place.
    public Adapter at(Path other) {
      return with(other, active);
    }

    private Adapter with(@Nullable Path place, List<String> others) {
      return new Adapter(
          type,
          r,
          alpha,
          dropout,
          targets,
          bias,
          rslora,
          dora,
          lrRatio,
          modulesToSave,
          place,
          name,
          others);
    }
  }

  /// Kinds of adapters.
  public enum AdapterType {
    LORA
  }

  /// Which biases an adapter trains.
  public enum AdapterBias {
    NONE,
    LORA_ONLY,
    ALL
  }

  /// A data file and the folder its image paths start from.
  public record Data(
      @Key(about = "a LLaVA JSON or JSONL file") Path path,
      @Key(about = "the folder that image paths start from", otherwise = "\".\"") Path images,
      @Key(
              about = "how often a sample is seen an epoch; a fraction takes that share",
              otherwise = "1.0",
              above = 0)
          double weight,
      @Key(about = "a name for messages and metrics; the path if absent") @Nullable String name) {}

  /// The order of the samples.
  public record Order(
      @Key(about = "anew each epoch, by the seed; otherwise as in the files", otherwise = "true")
          boolean shuffle,
      @Key(about = "which samples come together in a step", otherwise = "\"none\"") Group group) {}

  /// Which samples come together in a step.
  public enum Group {
    NONE,
    LENGTH,
    MODALITY_LENGTH
  }

  /// How many samples at a time. Without `micro_tokens` and `micro_size`, micro-batches have up to
  /// 16384 tokens.
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Batch(
      @Key(about = "samples of one optimizer step, over all processes", above = 0) int size,
      @Key(about = "most tokens of a micro-batch", above = 0) @Nullable Integer microTokens,
      @Key(about = "samples of a micro-batch", above = 0) @Nullable Integer microSize) {}

  /// AdamW (Loshchilov and Hutter 2019).
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Optimizer(
      @Key(about = "the kind of optimizer", otherwise = "\"adamw\"") OptimizerType type,
      @Key(about = "decay of the two moments", otherwise = "[0.9, 0.999]", least = 2, most = 2)
          List<Double> betas,
      @Key(about = "added to the root of the second moment", otherwise = "1e-8", least = 0)
          double eps,
      @Key(about = "decoupled decay of all but norms and biases", otherwise = "0.0", least = 0)
          double weightDecay,
      @Key(about = "largest gradient norm; 0: no clipping", otherwise = "1.0", least = 0)
          double clipNorm,
      @Key(
              about =
                  "updates each parameter in the backward pass; needs micro_size = size, no"
                      + " clipping",
              otherwise = "false")
          boolean inBackward,
      @Key(
              about =
                  "keeps the moments of a GPU's training in host memory; not verified on a GPU, no"
                      + " effect on a CPU",
              otherwise = "false")
          boolean paged) {}

  /// Kinds of optimizers: moments in fp32, or in 8 bits.
  public enum OptimizerType {
    ADAMW,
    ADAMW_8BIT
  }

  /// Learning rate over the steps, as transformers computes it. Without either warm-up key there is
  /// none.
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Schedule(
      @Key(about = "what follows the warm-up", otherwise = "\"cosine\"") Shape type,
      @Key(about = "warm-up as a share of the steps, rounded up", least = 0, most = 1)
          @Nullable Double warmupRatio,
      @Key(about = "warm-up in steps", least = 0) @Nullable Integer warmupSteps) {}

  /// What follows the warm-up.
  public enum Shape {
    COSINE,
    LINEAR,
    CONSTANT
  }

  /// What happens to samples that do not fit.
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Problems(
      @Key(about = "samples longer than model.max_tokens", otherwise = "\"error\"") TooLong tooLong,
      @Key(about = "samples whose image cannot be read", otherwise = "\"error\"") BadImage badImage,
      @Key(about = "samples that may be left out before the run stops", otherwise = "0", least = 0)
          int allowed) {}

  /// What happens to samples that are too long.
  public enum TooLong {
    ERROR,
    TRUNCATE,
    SKIP
  }

  /// What happens to samples with a broken image.
  public enum BadImage {
    ERROR,
    SKIP
  }

  /// Held-out data whose loss is logged.
  public record Validation(
      @Key(about = "a list of at least one data set", least = 1) List<Data> data,
      @Key(
              about = "steps between evaluations; also at the stage's end",
              otherwise = "500",
              above = 0)
          int every) {}
}
