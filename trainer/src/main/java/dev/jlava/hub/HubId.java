package dev.jlava.hub;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A model of the hub, `owner/name`, or a GGUF file of one, `owner/name/file.gguf`; either may be
/// followed by `@revision`, a branch, tag or commit.
///
/// @param file in the model's top folder; empty where the model is all of its files
public record HubId(String owner, String name, Optional<String> file, String revision) {
  private static final String MAIN = "main";
  private static final String WORD = "[A-Za-z0-9][\\w.-]*";

  /// No path out of the cache's folders can be written with it: every step begins with a letter or
  /// digit.
  private static final Pattern FORM =
      Pattern.compile("(%1$s)/(%1$s)(?:/(%1$s\\.gguf))?(?:@(%1$s(?:/%1$s)*))?".formatted(WORD));

  /// Reads an id.
  ///
  /// @throws HubException where it is none
  public static HubId parse(String text) {
    return read(text)
        .orElseThrow(() ->
            new HubException(
                "'"
                    + text
                    + "': not the id of a model (expected OWNER/NAME or OWNER/NAME/FILE.gguf, and"
                    + " perhaps @REVISION)"));
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
                form.group(1),
                form.group(2),
                Optional.ofNullable(form.group(3)),
                Optional.ofNullable(form.group(4)).orElse(MAIN)))
        : Optional.empty();
  }

  /// Another revision of the same model or file.
  public HubId at(String other) {
    return new HubId(owner, name, file, other);
  }

  /// A file of the same model.
  HubId with(String other) {
    return new HubId(owner, name, Optional.of(other), revision);
  }

  /// The model's directory, or the file in it.
  Path in(Path snapshot) {
    return file.map(snapshot::resolve).orElse(snapshot);
  }

  /// What is to be said first where the hub does not have it.
  String notHere() {
    return file.isPresent() ? "no file here" : "no directory here";
  }

  /// `owner/name`.
  public String model() {
    return owner + "/" + name;
  }

  /// The id without its revision.
  public String unversioned() {
    return file.map(f -> model() + "/" + f).orElse(model());
  }

  @Override
  public String toString() {
    return revision.equals(MAIN) ? unversioned() : unversioned() + "@" + revision;
  }
}
