package dev.jlava.cli;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.model.export.Agreement;
import dev.jlava.model.export.Export;
import dev.jlava.model.export.ExportFormat;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `./jlava model export`: a model in another tool's layout, read back and checked.
@Command(
    name = "export",
    description = "Writes a model in another layout and checks it by reading it back.",
    mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private final SourceOptions source = new SourceOptions();

  @Option(
      names = "--to",
      required = true,
      description = "The layout: hf, llava, peft, gguf, bnb-nf4.")
  private String to;

  @Option(names = "--out", required = true, description = "The directory to write.")
  private Path out;

  @Option(names = "--merge", description = "Folds adapters into the weights first.")
  private boolean merge;

  @Option(
      names = "--dtype",
      description =
          "Dtype of the written weights: fp32, bf16, fp16 (that of --precision); for gguf also q8_0,"
              + " q4_0, q4_k, q5_k (fp16); for bnb-nf4 nf4, nf4_double (nf4).")
  private @Nullable String dtype;

  @Override
  public Integer call() {
    write(spec, source, format(), merge, out);
    return ExitCodes.DONE;
  }

  private ExportFormat format() {
    try {
      return ExportFormat.named(to, Optional.ofNullable(dtype));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  static void write(
      CommandSpec spec, SourceOptions source, ExportFormat format, boolean merge, Path out) {
    PrintWriter print = spec.commandLine().getOut();
    Export export = new Export(source.source(), format, merge, source.template(), source.type());
    try (Engine engine = Engine.start(Device.named(source.device()), 0)) {
      Agreement agreement = export.write(engine, out, print::println);
      print.println(out + ": written and read back, " + agreement);
    }
  }
}
