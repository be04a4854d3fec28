package dev.jlava.cli;

import dev.jlava.model.export.ExportFormat;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./jlava model merge`: a model with its adapters folded in, in Hugging Face's layout.
@Command(
    name = "merge",
    description = "Writes a model with its adapters folded in, in Hugging Face's layout.",
    mixinStandardHelpOptions = true)
final class MergeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private final SourceOptions source = new SourceOptions();

  @Option(names = "--out", required = true, description = "The directory to write.")
  private Path out;

  @Override
  public Integer call() {
    ExportCommand.write(spec, source, ExportFormat.named("hf", Optional.empty()), true, out);
    return ExitCodes.DONE;
  }
}
