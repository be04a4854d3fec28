package dev.jlava.cli;

import dev.jlava.data.DataException;
import dev.jlava.data.conversation.Template;
import dev.jlava.engine.ScalarType;
import dev.jlava.train.HubModels;
import dev.jlava.train.ModelSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The options that name a model, and how it is computed.
final class SourceOptions {
  /// Dtypes to compute in.
  enum Precision {
    fp32,
    bf16
  }

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--model",
      required = true,
      description =
          "A directory: a LLaVA model (Hugging Face's or the original layout), a decoder, an adapter"
              + " or a projector, GGUF files, a run, a checkpoint; a GGUF file; or a model's id on the"
              + " hub, or a GGUF file of one: OWNER/NAME/FILE.gguf.")
  private Path path;

  @Option(
      names = "--base",
      description = "The model behind an adapter or a projector (the one that it names).")
  private @Nullable Path base;

  @Option(
      names = "--adapter",
      paramLabel = "DIR[=NAME]",
      description =
          "A PEFT adapter, or its id on the hub, to put to work on the model; may be given"
              + " repeatedly.")
  private List<String> adapters = new ArrayList<>();

  @Option(
      names = "--template",
      description = "Conversation template (what the model's directory says).")
  private @Nullable String template;

  @Option(names = "--precision", description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  private Precision precision = Precision.fp32;

  @Option(names = "--device", description = "auto, cpu, cuda or cuda:N (${DEFAULT-VALUE}).")
  private String device = "auto";

  /// The conversation template that is given, if any.
  Optional<Template> template() {
    try {
      return Optional.ofNullable(template).map(Template::named);
    } catch (DataException e) {
      throw new ParameterException(command.commandLine(), "--template: " + e.getMessage(), e);
    }
  }

  Path path() {
    return path;
  }

  String device() {
    return device;
  }

  ModelSource source() {
    HubModels models = TerminalHub.models(command);
    return models.source(path, Optional.ofNullable(base)).with(models.adapters(adapters));
  }

  ScalarType type() {
    return precision == Precision.fp32 ? ScalarType.F32 : ScalarType.BF16;
  }
}
