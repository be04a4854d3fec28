package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.hub.Hub;
import dev.jlava.hub.HubException;
import dev.jlava.hub.HubSettings;
import dev.jlava.hub.Transfers;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeException;
import dev.jlava.recipe.RecipeLoader;
import dev.jlava.testing.Golden;
import dev.jlava.testing.HubServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Recipes that name models by their ids, with a server that has the hub's interface.
final class HubModelsTest {
  private static final String PROJECTOR = "{ projector: { lr: 1e-3 } }";

  @TempDir Path directory;
  private HubServer server;
  private HubModels models;

  /// Nobody hears of the transfers.
  private static final class Silent implements Transfers {
    @Override
    public void begins(String model, long present, long total) {}

    @Override
    public void file(String name) {}

    @Override
    public void moved(long bytes) {}

    @Override
    public void ends() {}

    @Override
    public void say(String line) {}
  }

  @BeforeEach
  void serve() throws IOException {
    put("tiny/llava", Golden.path("train/hf"));
    Path adapter = put("tiny/adapter", Golden.path("train/lora_init"));
    naming(adapter, "tiny/llava");
    server = HubServer.serve(directory.resolve("hub"));
    models =
        new HubModels(
            new Hub(
                new HubSettings(
                    URI.create(server.endpoint()),
                    directory.resolve("cache"),
                    Optional.empty(),
                    false),
                new Silent()));
  }

  @AfterEach
  void close() {
    server.close();
  }

  private Path put(String name, Path source) throws IOException {
    return HubServer.put(directory.resolve("hub"), name, source);
  }

  private static void naming(Path adapter, String base) throws IOException {
    Path config = adapter.resolve("adapter_config.json");
    Files.writeString(
        config, Files.readString(config).replace("\"../hf\"", "\"%s\"".formatted(base)));
  }

  private Path snapshot(String id) {
    return directory
        .resolve("cache/models--" + id.replace("/", "--") + "/snapshots")
        .resolve(HubServer.commit(id));
  }

  private Recipe recipe(String model, String train) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("recipe.yaml"),
            """
            name: hub
            model: { %s }
            stages:
              - name: one
                train: %s
                data: [ { path: data.json } ]
                template: plain
                batch: { size: 8 }
            """
                .formatted(model, train));
    return RecipeLoader.load(file, List.of(), List.of("plain")).recipe();
  }

  private Recipe fetched(String model, String train) throws IOException {
    return models.fetched(recipe(model, train), directory.resolve("run"));
  }

  @Test
  void everyPlaceOfARecipeTakesAnId() throws IOException {
    String parts =
        "vision: { path: tiny/llava }, projector: { path: tiny/llava }, decoder: { path: tiny/llava }";
    String adapter = "{ decoder: { lr: 1e-3, adapter: { path: tiny/adapter } } }";
    Recipe local = fetched(parts, adapter);
    assertThat(local)
        .isEqualTo(
            recipe(
                parts.replace("tiny/llava", snapshot("tiny/llava").toString()),
                adapter.replace("tiny/adapter", snapshot("tiny/adapter").toString())));
    assertThat(HubModels.commits(local))
        .containsOnlyKeys(
            "model.vision.path",
            "model.projector.path",
            "model.decoder.path",
            "stages.one.train.decoder.adapter.path")
        .containsEntry("model.projector.path", HubServer.commit("tiny/llava"))
        .containsEntry("stages.one.train.decoder.adapter.path", HubServer.commit("tiny/adapter"));
    assertThat(models.cached(recipe(parts, adapter))).isEqualTo(local);
    assertThat(RecipePlan.of(local).stages()).hasSize(1);
  }

  @Test
  void anAdapterBringsTheBaseThatItNames() throws IOException {
    Recipe byId = fetched("path: tiny/adapter", PROJECTOR);
    assertThat(byId.model().path()).isEqualTo(snapshot("tiny/adapter"));
    assertThat(byId.model().base()).isEqualTo(snapshot("tiny/llava"));
    assertThat(HubModels.commits(byId)).containsOnlyKeys("model.path", "model.base");

    Path here = put("../adapters/one", Golden.path("train/lora_init"));
    naming(here, "tiny/llava");
    Recipe local = fetched("path: " + here, PROJECTOR);
    assertThat(local.model().path()).isEqualTo(here);
    assertThat(local.model().base()).isEqualTo(snapshot("tiny/llava"));
    assertThat(new RecipeModel(local).shape().decoder().vocabSize()).isEqualTo(416);
    try (Engine engine = Engine.start(Device.named("cpu"), 1);
        Scope scope = new Scope()) {
      VisionLanguageModel model = new RecipeModel(local).load(engine, scope, ScalarType.F32);
      assertThat(model.parts()).allMatch(part -> part.adapters().isEmpty());
    }
  }

  @Test
  void theGivenBaseComesFirst() throws IOException {
    put("other/llava", Golden.path("train/hf"));
    Recipe local = fetched("path: tiny/adapter, base: other/llava", PROJECTOR);
    assertThat(local.model().base()).isEqualTo(snapshot("other/llava"));
    assertThat(snapshot("tiny/llava")).doesNotExist();
    assertThatThrownBy(
            () -> recipe("base: x, vision: { path: v }, decoder: { path: d }", PROJECTOR))
        .isInstanceOf(RecipeException.class)
        .hasMessageContaining(
            "model.base: the model behind an adapter at model.path, which is not given");
  }

  @Test
  void everyModelThatCannotBeHadIsNamed() {
    String parts =
        "vision: { path: no/tower }, projector: { path: no/bridge }, decoder: { path: tiny/llava }";
    assertThatThrownBy(
            () -> fetched(parts, "{ decoder: { lr: 1, adapter: { path: no/adapter } } }"))
        .isInstanceOf(HubException.class)
        .message()
        .contains(
            "model.vision.path: no/tower: no directory here, and the hub has no such model",
            "\nmodel.projector.path: no/bridge: ",
            "\nstages.one.train.decoder.adapter.path: no/adapter: ")
        .doesNotContain("model.decoder.path");
  }
}
