package dev.jlava.cli;

import dev.jlava.data.conversation.Template;
import dev.jlava.eval.task.Tasks;
import dev.jlava.recipe.Names;

/// The names that recipes may use.
final class KnownNames {
  private KnownNames() {}

  static Names all() {
    return new Names(Template.names(), Tasks.keys());
  }
}
