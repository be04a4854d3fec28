package dev.jlava.cli;

import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.train.Progress;
import java.nio.file.Path;

/// What a run says at its end: where the results are, and the commands that a user wants next.
final class RunEnd {
  private RunEnd() {}

  /// Of a run that is done.
  static void done(Progress progress, Path run, Path report) {
    Path model = RunDirectory.finalModel(run);
    progress.say("The model is in " + model);
    progress.say("The report is in " + report);
    progress.say("Checkpoints, metrics.jsonl and log.txt are in " + run);
    String path = Typed.quoted(model.toString());
    progress.say(
        """
        Next:
          ./jlava generate --model %s --image FILE --prompt 'What is this?'
          ./jlava model inspect %s
          ./jlava model export --model %s --to llava --out DIR\
        """
            .formatted(path, path, path));
  }

  /// Of a run that was stopped behind a checkpoint.
  ///
  /// @param command that began it
  static void stopped(Progress progress, String command) {
    progress.say("To go on:\n  " + command);
  }
}
