package dev.jlava.weights;

import static dev.jlava.weights.WeightFixtures.assertRefused;
import static dev.jlava.weights.WeightFixtures.path;
import static dev.jlava.weights.WeightFixtures.safetensors;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WeightFilesTest {
  @TempDir Path directory;

  private void tensor(String file, String name) throws IOException {
    String header = "{'%s':{'dtype':'U8','shape':[1],'data_offsets':[0,1]}}".formatted(name);
    safetensors(directory.resolve(file), header, 1);
  }

  private Path index(String file, String weightMap) throws IOException {
    String json = "{\"weight_map\": {" + weightMap.replace('\'', '"') + "}}";
    return Files.writeString(directory.resolve(file), json);
  }

  private void assertHolds(String name) {
    try (WeightFiles files = WeightFiles.open(directory)) {
      assertThat(files.entries()).containsOnlyKeys(name);
    }
  }

  @Test
  void safetensorsComeBeforeTorchAndIndexesBeforeFiles() throws IOException {
    Files.copy(path("expanded.bin"), directory.resolve("pytorch_model.bin"));
    Path shard = path("sharded/pytorch_model-00001-of-00002.bin");
    Files.copy(shard, directory.resolve("1.bin"));
    index("pytorch_model.bin.index.json", "'a.weight': '1.bin'");
    assertHolds("a.weight");
    tensor("model.safetensors", "single");
    assertHolds("single");
    tensor("shard.safetensors", "sharded");
    index("model.safetensors.index.json", "'sharded': 'shard.safetensors'");
    assertHolds("sharded");
  }

  @Test
  void aDirectoryWithoutWeightsSaysWhatWasLookedFor() {
    assertRefused(directory)
        .hasMessage(
            directory
                + ": no weights (looked for model.safetensors.index.json, model.safetensors,"
                + " pytorch_model.bin.index.json, pytorch_model.bin); check the model's path");
  }

  @ParameterizedTest
  @CsvSource({"model.safetensors.index.json", "pytorch_model.bin.index.json"})
  void aMissingShardIsNamed(String name) throws IOException {
    Path index = index(name, "'w': 'model-00002-of-00002'");
    assertRefused(directory)
        .hasMessage(
            directory.resolve("model-00002-of-00002")
                + ": shard is missing (named by "
                + index
                + "); copy it beside the index");
  }

  @Test
  void aShardThatLacksATensorIsNamed() throws IOException {
    tensor("1.safetensors", "v");
    Path index = index("model.safetensors.index.json", "'w': '1.safetensors'");
    assertRefused(directory)
        .hasMessage(
            directory.resolve("1.safetensors")
                + ": lacks tensor 'w' that "
                + index
                + " says it holds; download or copy both again");
  }

  @Test
  void aBrokenIndexIsNamed() throws IOException {
    Path index = index("model.safetensors.index.json", "");
    assertRefused(directory)
        .hasMessage(index + ": not an index of shards (its weight_map is missing or empty)");
    Files.writeString(index, "{");
    assertRefused(directory).hasMessageStartingWith(index + ": not a JSON index (");
  }

  @ParameterizedTest
  @CsvSource({"model.safetensors", "pytorch_model.bin"})
  void aGitLfsPointerIsRecognised(String name) throws IOException {
    Path file = directory.resolve(name);
    Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");
    assertRefused(directory)
        .hasMessage(
            file
                + ": a Git LFS pointer, expected the weights it stands for; run `git lfs pull`"
                + " where it came from");
  }
}
