package dev.jlava.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.data.conversation.Rendered;
import dev.jlava.data.conversation.Template;
import dev.jlava.data.image.Aspect;
import dev.jlava.data.image.ImageProcessor;
import dev.jlava.data.token.Tokenizer;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.generate.Answer;
import dev.jlava.generate.AnswerSettings;
import dev.jlava.generate.Answerer;
import dev.jlava.generate.Generator;
import dev.jlava.generate.Prompt;
import dev.jlava.generate.Prompts;
import dev.jlava.generate.Sampling;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelException;
import dev.jlava.train.ModelSource;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `./jlava generate`: one answer, in the terminal as it comes or as one JSON object.
@Command(name = "generate", description = "Answers one prompt.", mixinStandardHelpOptions = true)
final class GenerateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private final SourceOptions source = new SourceOptions();

  @Option(names = "--image", description = "An image; one for each <image> of the prompt, if any.")
  private List<Path> images = new ArrayList<>();

  @Option(names = "--prompt", required = true, description = "The question.")
  private String prompt;

  @Option(names = "--raw", description = "Takes the prompt as it is, <image> marks included.")
  private boolean raw;

  @Option(
      names = "--aspect",
      description = "How an image becomes a square: square, pad (what the directory says).")
  private @Nullable String aspect;

  @Option(names = "--max-new-tokens", description = "Longest answer (${DEFAULT-VALUE}).")
  private int maxNewTokens = 256;

  @Option(names = "--ignore-eos", description = "Goes on after the end-of-sequence token.")
  private boolean ignoreEos;

  @Option(names = "--stop", description = "A text that ends the answer; may be given repeatedly.")
  private List<String> stops = new ArrayList<>();

  @Mixin private final SamplingOptions sampling = new SamplingOptions();

  @Option(names = "--json", description = "Prints {prompt_ids, new_ids, text, seconds}.")
  private boolean json;

  @Override
  public Integer call() {
    Optional<Template> givenTemplate = source.template();
    Optional<Aspect> givenAspect = given("--aspect", aspect, Aspect::named);
    AnswerSettings settings = settings();
    checkMarks();
    checkFiles();
    ModelSource model = source.source();
    checkSees(model);
    ModelCard card = model.card();
    Tokenizer tokenizer = Tokenizers.load(model.files().decoder());
    Prompts prompts = new Prompts(tokenizer, pixels(model, givenAspect.orElse(card.aspect())));
    if (raw) {
      answer(model, tokenizer, prompts.raw(prompt, images), settings);
    } else {
      Template chosen = givenTemplate.or(card::template).orElseThrow(this::noTemplate);
      AnswerSettings stopping = settings.stoppingAt(chosen.stopStrings());
      answer(model, tokenizer, prompts.question(chosen, prompt, images), stopping);
    }
    return 0;
  }

  private <T> Optional<T> given(String option, @Nullable String value, Function<String, T> named) {
    try {
      return Optional.ofNullable(value).map(named);
    } catch (DataException e) {
      throw new ParameterException(spec.commandLine(), option + ": " + e.getMessage(), e);
    }
  }

  private AnswerSettings settings() {
    try {
      return new AnswerSettings(maxNewTokens, sampling.sampling(), stops, ignoreEos);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
  }

  private void checkMarks() {
    int marks = Rendered.marks(prompt);
    if (marks != images.size() && (raw || marks > 0)) {
      throw new ParameterException(
          spec.commandLine(),
          "--prompt has another number of <image> marks than --image gives images (found "
              + marks
              + " marks, "
              + images.size()
              + " images); give each mark its image"
              + (raw ? "" : ", or leave the marks out"));
    }
  }

  private void checkFiles() {
    for (Path image : images) {
      if (!Files.isRegularFile(image)) {
        throw new DataException("--image " + image + ": no such file; check the path");
      }
    }
  }

  private void checkSees(ModelSource model) {
    if (!images.isEmpty() && model.shape().isEmpty()) {
      throw new ModelException(
          source.path()
              + ": sees no images (it is a decoder without a vision tower); leave --image out");
    }
  }

  private Function<Path, float[]> pixels(ModelSource model, Aspect chosen) {
    if (images.isEmpty()) {
      return image -> {
        throw new IllegalStateException(image + ": an image that was not given");
      };
    }
    return ImageProcessor.load(model.files().vision(), chosen)::process;
  }

  private ParameterException noTemplate() {
    return new ParameterException(
        spec.commandLine(),
        "--template is needed: "
            + source.path()
            + " does not say which template its model was trained with (looked at jlava.json and"
            + " the chat template of the processor and the tokenizer; allowed "
            + String.join(", ", Template.names())
            + ")");
  }

  private void answer(
      ModelSource model, Tokenizer tokenizer, Prompt asked, AnswerSettings settings) {
    try (Engine engine = Engine.start(Device.named(source.device()), 0);
        Scope scope = new Scope()) {
      LanguageModel loaded = model.load(engine, scope, source.type());
      Answerer answerer =
          new Answerer(new Generator(engine, loaded), tokenizer, model.files().decoder());
      long start = System.nanoTime();
      Answer answer = answerer.answer(asked, settings, json ? text -> {} : this::show);
      double seconds = (System.nanoTime() - start) / 1e9;
      spec.commandLine().getOut().println(json ? json(asked, answer, seconds) : "");
      note(answer, settings.sampling());
    }
  }

  private void show(String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(text);
    out.flush();
  }

  private static ObjectNode json(Prompt asked, Answer answer, double seconds) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    Arrays.stream(asked.ids()).forEach(json.putArray("prompt_ids")::add);
    Arrays.stream(answer.newIds()).forEach(json.putArray("new_ids")::add);
    return json.put("text", answer.text()).put("seconds", seconds);
  }

  /// What the answer itself does not show.
  private void note(Answer answer, Sampling used) {
    PrintWriter err = spec.commandLine().getErr();
    if (answer.ending() == Answer.Ending.POSITIONS) {
      err.println(
          "jlava: the answer ends where the model's positions do (max_position_embeddings of its"
              + " config.json)");
    }
    if (sampling.drawsWithOwnSeed()) {
      err.println("jlava: --seed " + used.seed() + " gives this answer again");
    }
    if (sampling.drawingOptionsUnused()) {
      err.println(
          "jlava: --top-k, --top-p and --seed have no effect without a --temperature above 0");
    }
  }
}
