package dev.jlava.hub;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A model of the hub: `owner/name`, or `owner/name@revision` with a branch, tag or commit.
public record HubId(String owner, String name, String revision) {
  private static final String MAIN = "main";
  private static final String WORD = "[A-Za-z0-9][\\w.-]*";

  /// No path out of the cache's folders can be written with it: every step begins with a letter or
  /// digit.
  private static final Pattern FORM =
      Pattern.compile("(%1$s)/(%1$s)(?:@(%1$s(?:/%1$s)*))?".formatted(WORD));

  /// Reads an id.
  ///
  /// @throws HubException where it is none
  public static HubId parse(String text) {
    return read(text)
        .orElseThrow(() ->
            new HubException(
                "'"
                    + text
                    + "': not the id of a model (expected OWNER/NAME or OWNER/NAME@REVISION)"));
  }

  /// What a path of a recipe or of the command line names on the hub: nothing where there is such a
  /// file, or where it does not look like an id.
  public static Optional<HubId> of(Path path) {
    return Files.exists(path) ? Optional.empty() : read(path.toString());
  }

  private static Optional<HubId> read(String text) {
    Matcher form = FORM.matcher(text);
    return form.matches()
        ? Optional.of(
            new HubId(
                form.group(1), form.group(2), Optional.ofNullable(form.group(3)).orElse(MAIN)))
        : Optional.empty();
  }

  /// Another revision of the same model.
  public HubId at(String other) {
    return parse(model() + "@" + other);
  }

  /// `owner/name`.
  public String model() {
    return owner + "/" + name;
  }

  @Override
  public String toString() {
    return revision.equals(MAIN) ? model() : model() + "@" + revision;
  }
}
