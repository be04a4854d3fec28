package dev.jlava.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The variables mean what they mean to huggingface_hub.
final class HubSettingsTest {
  @TempDir Path home;

  @Test
  void withoutVariablesTheCacheIsInTheUsersDirectory() throws IOException {
    HubSettings settings = HubSettings.of(Map.of("HF_TOKEN", " "), home);
    assertThat(settings.cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
    assertThat(settings.endpoint().getScheme()).isEqualTo("https");
    assertThat(settings.token()).isEmpty();
    assertThat(settings.offline()).isFalse();
    Files.createDirectories(home.resolve(".cache/huggingface"));
    Files.writeString(home.resolve(".cache/huggingface/token"), "hf_file\n");
    assertThat(HubSettings.of(Map.of(), home).token()).contains("hf_file");
  }

  @Test
  void variablesName() {
    assertThat(HubSettings.of(Map.of("XDG_CACHE_HOME", "/x"), home).cache())
        .isEqualTo(Path.of("/x/huggingface/hub"));
    assertThat(HubSettings.of(Map.of("XDG_CACHE_HOME", "/x", "HF_HOME", "~/hf"), home).cache())
        .isEqualTo(home.resolve("hf/hub"));
    assertThat(HubSettings.of(Map.of("HF_HOME", "/x", "HF_HUB_CACHE", "/y"), home).cache())
        .isEqualTo(Path.of("/y"));
    assertThat(HubSettings.of(Map.of("HUGGING_FACE_HUB_TOKEN", "a"), home).token()).contains("a");
    assertThat(HubSettings.of(Map.of("HUGGING_FACE_HUB_TOKEN", "a", "HF_TOKEN", "b"), home).token())
        .contains("b");
    assertThat(HubSettings.of(Map.of("HF_HUB_OFFLINE", "yes"), home).offline()).isTrue();
    assertThat(HubSettings.of(Map.of("TRANSFORMERS_OFFLINE", "1"), home).offline()).isTrue();
    assertThat(HubSettings.of(Map.of("HF_HUB_OFFLINE", "0"), home).offline()).isFalse();
    assertThat(HubSettings.of(Map.of("HF_ENDPOINT", "http://mirror:8080/hf/"), home).endpoint())
        .isEqualTo(URI.create("http://mirror:8080/hf"));
    assertThatThrownBy(() -> HubSettings.of(Map.of("HF_ENDPOINT", "mirror"), home))
        .isInstanceOf(HubException.class)
        .hasMessage(
            "HF_ENDPOINT: not the address of a hub (found 'mirror', expected http(s)://HOST)");
  }
}
