package dev.jlava.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/// Where the hub and its local cache are, and who asks: read from the variables that
/// huggingface_hub reads.
///
/// @param endpoint without a slash at its end
/// @param cache the folder with a folder for each model
/// @param offline nothing is asked of the hub
public record HubSettings(URI endpoint, Path cache, Optional<String> token, boolean offline) {
  /// The hub, where HF_ENDPOINT does not name another.
  private static final String HUB = "https://huggingface.co";

  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

  /// What the environment of this process says.
  public static HubSettings here() {
    return of(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /// What an environment says.
  ///
  /// @param home the user's directory
  public static HubSettings of(Map<String, String> environment, Path home) {
    Function<String, Optional<String>> variable =
        name -> Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    Function<String, Optional<Path>> folder =
        name -> variable.apply(name).map(value -> expanded(value, home));
    Path hfHome =
        folder
            .apply("HF_HOME")
            .orElseGet(() ->
                folder
                    .apply("XDG_CACHE_HOME")
                    .orElse(home.resolve(".cache"))
                    .resolve("huggingface"));
    Path cache =
        first(folder, "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE").orElse(hfHome.resolve("hub"));
    Path tokenFile = folder.apply("HF_TOKEN_PATH").orElse(hfHome.resolve("token"));
    return new HubSettings(
        endpoint(variable.apply("HF_ENDPOINT").orElse(HUB)),
        cache,
        first(variable, "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
            .or(() -> read(tokenFile))
            .map(String::strip),
        first(variable, "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
            .filter(value -> TRUE.contains(value.toUpperCase(Locale.ROOT)))
            .isPresent());
  }

  /// The same, offline.
  public HubSettings goneOffline() {
    return new HubSettings(endpoint, cache, token, true);
  }

  private static <T> Optional<T> first(Function<String, Optional<T>> value, String... names) {
    return Stream.of(names).map(value).flatMap(Optional::stream).findFirst();
  }

  private static Path expanded(String value, Path home) {
    return value.equals("~") || value.startsWith("~/")
        ? home.resolve(value.substring(Math.min(2, value.length())))
        : Path.of(value);
  }

  private static URI endpoint(String value) {
    try {
      URI uri = new URI(value.replaceAll("/+$", ""));
      if (uri.getHost() != null && Set.of("http", "https").contains(uri.getScheme())) {
        return uri;
      }
    } catch (URISyntaxException e) {
      throw new HubException("HF_ENDPOINT: not an address (" + e.getMessage() + ")", e);
    }
    throw new HubException(
        "HF_ENDPOINT: not the address of a hub (found '" + value + "', expected http(s)://HOST)");
  }

  private static Optional<String> read(Path file) {
    try {
      return Files.isRegularFile(file)
          ? Optional.of(Files.readString(file).strip()).filter(token -> !token.isEmpty())
          : Optional.empty();
    } catch (IOException e) {
      throw new HubException(file + ": the token cannot be read (" + e + "); set HF_TOKEN", e);
    }
  }
}
