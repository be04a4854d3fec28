package dev.jlava.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.conversation.Rendered;
import dev.jlava.data.conversation.SampleEncoder;
import dev.jlava.data.conversation.Template;
import dev.jlava.data.conversation.Turn;
import dev.jlava.data.image.Aspect;
import dev.jlava.data.image.ImageProcessor;
import dev.jlava.data.token.Tokenizer;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.generate.Generator;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.VisionLanguageModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./jlava generate`: one greedy answer.
@Command(name = "generate", description = "Answers one prompt.", mixinStandardHelpOptions = true)
final class GenerateCommand implements Callable<Integer> {
  /// Dtypes to compute in.
  enum Precision {
    fp32,
    bf16
  }

  @Spec private CommandSpec spec;

  @Option(names = "--model", required = true, description = "A LLaVA directory in HF layout.")
  private Path directory;

  @Option(names = "--image", description = "An image; one for each <image> of the prompt.")
  private List<Path> images = new ArrayList<>();

  @Option(names = "--prompt", required = true, description = "The question.")
  private String prompt;

  @Option(names = "--raw", description = "Takes the prompt as it is, <image> marks included.")
  private boolean raw;

  @Option(names = "--template", description = "Conversation template (${DEFAULT-VALUE}).")
  private String template = "vicuna_v1";

  @Option(names = "--max-new-tokens", description = "Longest answer (${DEFAULT-VALUE}).")
  private int maxNewTokens = 256;

  @Option(names = "--ignore-eos", description = "Goes on after the end-of-sequence token.")
  private boolean ignoreEos;

  @Option(names = "--aspect", description = "How an image becomes a square: square, pad.")
  private String aspect = "square";

  @Option(names = "--precision", description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  private Precision precision = Precision.fp32;

  @Option(names = "--json", description = "Prints {prompt_ids, new_ids, text, seconds}.")
  private boolean json;

  @Override
  public Integer call() {
    Tokenizer tokenizer = Tokenizers.load(directory);
    ScalarType type = precision == Precision.fp32 ? ScalarType.F32 : ScalarType.BF16;
    try (Engine engine = Engine.start(new Device.Cpu(), 0);
        Scope scope = new Scope()) {
      VisionLanguageModel model = LlavaDirectory.load(engine, scope, directory, type);
      int[] ids = promptIds(tokenizer, model);
      List<float[]> pixels = pixels();
      int end = tokenizer.eosId().orElse(-1);
      long start = System.nanoTime();
      int[] found =
          new Generator(engine, model)
              .greedy(ids, images, pixels, maxNewTokens, id -> ignoreEos || id != end);
      print(tokenizer, ids, found, (System.nanoTime() - start) / 1e9);
    }
    return 0;
  }

  private int[] promptIds(Tokenizer tokenizer, VisionLanguageModel model) {
    Template chosen = Template.named(template);
    String marks =
        (Rendered.IMAGE + "\n").repeat(prompt.contains(Rendered.IMAGE) ? 0 : images.size());
    Rendered rendered =
        raw
            ? new Rendered(List.of(new Rendered.Span(prompt, false)))
            : chosen.prompt(List.of(new Turn(Turn.Role.USER, marks + prompt)));
    return new SampleEncoder(
            chosen,
            tokenizer,
            Integer.MAX_VALUE,
            model.tokensPerImage(),
            SampleEncoder.TooLong.ERROR)
        .encodePrompt(rendered, images.size());
  }

  private List<float[]> pixels() {
    if (images.isEmpty()) {
      return List.of();
    }
    Aspect chosen = aspect.equals("pad") ? Aspect.PAD : Aspect.SQUARE;
    ImageProcessor processor = ImageProcessor.load(directory, chosen);
    return images.stream().map(processor::process).toList();
  }

  private void print(Tokenizer tokenizer, int[] ids, int[] found, double seconds) {
    String text = tokenizer.decode(found, true);
    if (!json) {
      spec.commandLine().getOut().println(text);
      return;
    }
    ObjectNode answer = new ObjectMapper().createObjectNode();
    Arrays.stream(ids).forEach(answer.putArray("prompt_ids")::add);
    Arrays.stream(found).forEach(answer.putArray("new_ids")::add);
    answer.put("text", text).put("seconds", seconds);
    spec.commandLine().getOut().println(answer);
  }
}
