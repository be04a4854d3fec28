package dev.jlava.cli;

import dev.jlava.hub.Hub;
import dev.jlava.hub.HubId;
import dev.jlava.hub.HubSettings;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./jlava model pull ID`: a model of the hub, fetched into the local cache.
@Command(
    name = "pull",
    description = "Fetches a model of the Hugging Face hub, or what has changed of it.",
    mixinStandardHelpOptions = true)
final class ModelPullCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "ID",
      description = "OWNER/NAME, or OWNER/NAME/FILE.gguf; either with @REVISION.")
  private String id;

  @Option(names = "--revision", description = "A branch, tag or commit (main).")
  private @Nullable String revision;

  @Option(names = "--offline", description = "Asks the local cache only.")
  private boolean offline;

  @Override
  public Integer call() {
    HubId parsed = HubId.parse(id);
    HubId model = revision == null ? parsed : parsed.at(revision);
    HubSettings settings = HubSettings.here();
    Hub hub = new Hub(offline ? settings.goneOffline() : settings, new TerminalTransfers(spec));
    spec.commandLine().getOut().println(hub.latest(model));
    return ExitCodes.DONE;
  }
}
