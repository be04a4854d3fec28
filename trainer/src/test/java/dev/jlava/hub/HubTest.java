package dev.jlava.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.testing.HubServer;
import dev.jlava.testing.HubServer.Fault;
import dev.jlava.testing.HubServer.Request;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Models fetched from a server with the hub's interface and a network's faults.
final class HubTest {
  private static final String MODEL = "some/model";
  private static final Path PATH = Path.of(MODEL);
  private static final int SIZE = 300_000;

  @TempDir Path directory;
  private HubServer server;
  private Path cache;
  private final Heard heard = new Heard();

  /// What a download tells.
  private static final class Heard implements Transfers {
    private final List<String> said = new ArrayList<>();
    private final List<String> files = new ArrayList<>();
    private long bytes;
    private long total;

    @Override
    public void begins(String model, long present, long all) {
      bytes = present;
      total = all;
    }

    @Override
    public void file(String name) {
      files.add(name);
    }

    @Override
    public synchronized void moved(long more) {
      bytes += more;
    }

    @Override
    public void ends() {}

    @Override
    public synchronized void say(String line) {
      said.add(line);
    }
  }

  @BeforeEach
  void serve() throws IOException {
    Path model = Files.createDirectories(directory.resolve("hub/" + MODEL));
    Files.writeString(model.resolve("config.json"), "{\"model_type\": \"llama\"}");
    Files.writeString(model.resolve("tokenizer.json"), "{}");
    byte[] weights = new byte[SIZE];
    new Random(7).nextBytes(weights);
    Files.write(model.resolve("model.safetensors"), weights);
    Files.write(model.resolve("pytorch_model.bin"), weights);
    Files.writeString(model.resolve("README.md"), "words");
    cache = directory.resolve("cache");
    server = HubServer.serve(directory.resolve("hub"));
  }

  @AfterEach
  void close() {
    server.close();
  }

  private HubSettings settings(boolean offline, String... token) {
    return new HubSettings(
        URI.create(server.endpoint()),
        cache,
        Optional.of(token).filter(t -> t.length > 0).map(t -> t[0]),
        offline);
  }

  private Hub hub(HubSettings settings) {
    return new Hub(settings, heard, new Retries(3, Duration.ofMillis(5)), Duration.ofSeconds(1));
  }

  private Hub hub() {
    return hub(settings(false));
  }

  @Test
  void aModelIsFetchedIntoHuggingFacesLayout() throws IOException {
    Path found = hub().local(PATH, HubUse.DECODER);
    String commit = HubServer.commit(MODEL);
    Path folder = cache.resolve("models--some--model");
    assertThat(found).isEqualTo(folder.resolve("snapshots").resolve(commit));
    assertThat(folder.resolve("refs/main")).hasContent(commit);
    try (var files = Files.list(found)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("config.json", "tokenizer.json", "model.safetensors");
    }
    assertThat(heard.files).containsExactly("config.json", "tokenizer.json", "model.safetensors");
    Path weights = found.resolve("model.safetensors");
    assertThat(Files.readSymbolicLink(weights).toString()).matches("../../blobs/[0-9a-f]{64}");
    assertThat(Files.readSymbolicLink(found.resolve("config.json")).toString())
        .matches("../../blobs/[0-9a-f]{40}");
    assertThat(weights).hasSameBinaryContentAs(original());
    assertThat(heard.bytes).isEqualTo(heard.total).isGreaterThan(SIZE);
  }

  @Test
  void whatTheCacheHoldsWholeNeedsNoNetwork() throws IOException {
    Path found = hub().local(PATH, HubUse.DECODER);
    int asked = server.requests().size();
    assertThat(hub().local(PATH, HubUse.DECODER)).isEqualTo(found);
    assertThat(hub().cached(PATH, HubUse.DECODER)).contains(found);
    assertThat(hub(settings(true)).local(Path.of(MODEL + "@main"), HubUse.DECODER))
        .isEqualTo(found);
    Path pinned = Path.of(MODEL + "@" + HubServer.commit(MODEL));
    assertThat(hub(settings(true)).local(pinned, HubUse.DECODER)).isEqualTo(found);
    assertThat(server.requests()).hasSize(asked);

    Files.delete(found.resolve("tokenizer.json"));
    assertThat(hub().cached(PATH, HubUse.DECODER)).isEmpty();
    assertThat(hub().cached(PATH, HubUse.ANY)).contains(found);
    hub().local(PATH, HubUse.DECODER);
    assertThat(found.resolve("tokenizer.json")).exists();
    assertThat(count("model.safetensors")).as("not again").isEqualTo(1);
  }

  private long count(String name) {
    return server.requests().stream().filter(r -> r.stored() && r.path().endsWith(name)).count();
  }

  @Test
  void whatIsHereIsNoId() {
    Path local = directory.resolve("hub");
    assertThat(hub(settings(true)).local(local, HubUse.WHOLE)).isEqualTo(local);
    assertThat(HubId.of(Path.of("a/b/c"))).isEmpty();
    assertThat(HubId.of(Path.of("a/b/c/d.gguf"))).isEmpty();
    assertThat(HubId.of(Path.of("a/b/../d.gguf"))).isEmpty();
    assertThat(HubId.of(Path.of("../b"))).isEmpty();
    assertThat(HubId.of(Path.of("a/b@../../x"))).isEmpty();
    assertThat(HubId.of(Path.of("a/b@refs/pr/1")))
        .contains(new HubId("a", "b", Optional.empty(), "refs/pr/1"))
        .map(HubId::toString)
        .contains("a/b@refs/pr/1");
  }

  @Test
  void aConnectionThatIsCutIsGoneOnWithWhereItEnded() {
    server.failContent(
        new Fault.Cut(100_000), new Fault.Cut(0), new Fault.Status(503), new Fault.Cut(50_000));
    Path found = hub().local(PATH, HubUse.DECODER);
    assertThat(found.resolve("model.safetensors")).hasSameBinaryContentAs(original());
    assertThat(server.requests().stream().filter(Request::stored).map(Request::range))
        .containsExactly("", "bytes=100000-", "bytes=100000-", "bytes=100000-", "bytes=150000-");
    assertThat(heard.said)
        .hasSize(4)
        .first()
        .asString()
        .startsWith("some/model: model.safetensors: broke off after 100,000 of 300,000 bytes (");
    assertThat(heard.bytes).isEqualTo(heard.total);
  }

  @Test
  void aServerThatSaysNothingIsLeft() {
    server.failContent(new Fault.Silence(10));
    hub().local(PATH, HubUse.DECODER);
    assertThat(heard.said)
        .singleElement()
        .asString()
        .contains("after 10 of 300,000 bytes (no data for 1 s)");
  }

  @Test
  void whatCameBeforeTheProcessEndedIsGoneOnWith() throws IOException {
    server.failContent(
        new Fault.Cut(120_000), new Fault.Cut(0), new Fault.Cut(0), new Fault.Cut(0));
    assertFails(
        () -> hub().local(PATH, HubUse.DECODER),
        "some/model: no directory here, not in the cache "
            + cache
            + ", and the hub gives up on it (",
        "start again: what has come is kept");
    assertThat(partial()).hasSize(120_000);
    assertThat(cache.resolve("models--some--model/refs")).doesNotExist();

    Path found = hub().local(PATH, HubUse.DECODER);
    assertThat(found.resolve("model.safetensors")).hasSameBinaryContentAs(original());
    assertThat(server.requests().getLast().range()).isEqualTo("bytes=120000-");
    assertThat(heard.bytes).isEqualTo(heard.total);
  }

  private Path original() {
    return directory.resolve("hub/some/model/model.safetensors");
  }

  private Path partial() throws IOException {
    try (var blobs = Files.list(cache.resolve("models--some--model/blobs"))) {
      return blobs.filter(b -> b.toString().endsWith(".incomplete")).findFirst().orElseThrow();
    }
  }

  @Test
  void aServerWithoutRangesSendsAllOfItAgain() {
    server.failContent(new Fault.Cut(100_000), new Fault.NoRanges());
    Path found = hub().local(PATH, HubUse.DECODER);
    assertThat(found.resolve("model.safetensors")).hasSameBinaryContentAs(original());
    assertThat(heard.bytes).isEqualTo(heard.total);
  }

  @Test
  void aDamagedFileNeverReachesTheCache() throws IOException {
    server.failContent(new Fault.Damage());
    assertFails(
        () -> hub().local(PATH, HubUse.DECODER),
        "some/model: model.safetensors: damaged on the way (its hash is not the hub's ");
    assertThat(
            cache.resolve(
                "models--some--model/snapshots/" + HubServer.commit(MODEL) + "/model.safetensors"))
        .doesNotExist();
    assertThatThrownBy(this::partial).as("nothing is gone on with").hasMessage("No value present");
    hub().local(PATH, HubUse.DECODER);
  }

  @Test
  void aBeginningThatIsDamagedIsFetchedAnew() throws IOException {
    server.failContent(
        new Fault.Cut(120_000), new Fault.Cut(0), new Fault.Cut(0), new Fault.Cut(0));
    assertFails(() -> hub().local(PATH, HubUse.DECODER), "gives up");
    byte[] begun = Files.readAllBytes(partial());
    begun[5] ^= 1;
    Files.write(partial(), begun);
    Path found = hub().local(PATH, HubUse.DECODER);
    assertThat(found.resolve("model.safetensors")).hasSameBinaryContentAs(original());
    assertThat(heard.said)
        .last()
        .isEqualTo(
            "some/model: model.safetensors: what was here of it is damaged; fetches it anew");
    assertThat(heard.bytes).isEqualTo(heard.total);
  }

  @Test
  void theTokenGoesToTheHubAlone() {
    server.license(MODEL, "hf_secret");
    hub(settings(false, "hf_secret")).local(PATH, HubUse.DECODER);
    assertThat(server.requests()).hasSizeGreaterThan(5);
    for (Request request : server.requests()) {
      assertThat(request.token()).isEqualTo(request.stored() ? "" : "Bearer hf_secret");
    }
  }

  @Test
  void whoMayNotIsToldHow() {
    server.license(MODEL, "hf_secret");
    String licence =
        "accept it at "
            + server.endpoint()
            + "/some/model, and set HF_TOKEN to a token of that account";
    assertFails(
        () -> hub().local(PATH, HubUse.DECODER),
        "some/model: its owner lets only those in who accept a licence (HTTP 401 without a token",
        licence);
    assertFails(
        () -> hub(settings(false, "hf_other")).local(PATH, HubUse.DECODER),
        "(HTTP 403 with a token: Access to model some/model is restricted.); ",
        licence);
  }

  @Test
  void unknownModelsAndRevisionsAreNamed() {
    assertFails(
        () -> hub().local(Path.of("some/modle"), HubUse.DECODER),
        "some/modle: no directory here, and the hub has no such model or does not show it (HTTP 401",
        "check the path or id; for a private model set HF_TOKEN");
    assertFails(
        () -> hub(settings(false, "t")).local(Path.of("some/modle"), HubUse.DECODER),
        "(HTTP 404 with a token");
    assertFails(
        () -> hub().local(Path.of("some/model@v2"), HubUse.DECODER),
        "some/model@v2: the model has no revision 'v2' (HTTP 404 without a token: Invalid rev id: v2); check what stands behind @");
    assertThat(cache.resolve("models--some--model/refs")).doesNotExist();
  }

  @Test
  void aModelThatLacksWhatItIsForIsNotTaken() throws IOException {
    assertFails(
        () -> hub().local(PATH, HubUse.VISION),
        "some/model: the model on the hub lacks preprocessor_config.json; choose one that is whole");
  }

  @Test
  void aModelWithoutWeightsIsNotTaken() throws IOException {
    Files.delete(original());
    Files.delete(original().resolveSibling("pytorch_model.bin"));
    assertFails(
        () -> hub().local(Path.of("some/model@" + HubServer.commit(MODEL)), HubUse.WHOLE),
        "the model on the hub lacks weights");
  }

  @Test
  void aRenamedModelIsFollowed() {
    server.rename("old/name", MODEL);
    Path found = hub().local(Path.of("old/name"), HubUse.DECODER);
    assertThat(found.resolve("model.safetensors")).hasSameBinaryContentAs(original());
    assertThat(found).startsWith(cache.resolve("models--old--name"));
  }

  @Test
  void aBusyHubIsAskedAgain() {
    server.failApi(new Fault.Status(429), new Fault.Status(500), new Fault.Cut(5));
    assertThat(hub().pull(HubId.parse(MODEL))).exists();
    server.failApi(
        new Fault.Status(429), new Fault.Status(429), new Fault.Status(429), new Fault.Status(429));
    assertFails(
        () -> hub().pull(HubId.parse(MODEL)),
        "some/model: no directory here, not whole",
        "HTTP 429");
  }

  @Test
  void offlineNothingIsAsked() {
    assertFails(
        () -> hub(settings(true)).local(PATH, HubUse.DECODER),
        "some/model: no directory here, and not in the cache "
            + cache
            + " (offline); run ./jlava model pull some/model where there is a network");
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void aHubThatIsNotThereIsNamed() {
    server.close();
    assertFails(
        () -> hub().local(PATH, HubUse.DECODER),
        "and the hub gives up on it (" + server.endpoint());
  }

  /// Two processes, by their own locks; here two threads, which the lock tells apart as well.
  @Test
  void twoAtOnceFetchEachFileOnce() throws Exception {
    server.throttle(600_000);
    List<Thread> threads = new ArrayList<>();
    List<Path> found = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 2; i++) {
      threads.add(Thread.ofPlatform().start(() -> found.add(hub().local(PATH, HubUse.DECODER))));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(found).hasSize(2);
    assertThat(found.getFirst().resolve("model.safetensors")).hasSameBinaryContentAs(original());
    assertThat(count("model.safetensors")).isEqualTo(1);
    assertThat(heard.said)
        .contains("some/model: model.safetensors: waits for another process that is fetching it");
  }

  @Test
  void torchsFormatIsFetchedWhereThereIsNoOther() throws IOException {
    Files.delete(original());
    Path found = hub().local(PATH, HubUse.DECODER);
    assertThat(found.resolve("pytorch_model.bin")).exists();
    assertThat(
            FileChoice.of(
                    HubId.parse(MODEL),
                    List.of(
                        "model-00002-of-00002.safetensors",
                        "consolidated.safetensors",
                        "model.safetensors.index.json",
                        "pytorch_model.bin.index.json",
                        "pytorch_model-00001-of-00002.bin",
                        "model-00001-of-00002.safetensors",
                        "flax_model.msgpack",
                        "tf_model.h5",
                        "onnx/config.json",
                        "chat_template.jinja",
                        "tokenizer.model",
                        "../config.json",
                        "model-q4_0.gguf",
                        "config.json"))
                .names())
        .containsExactly(
            "chat_template.jinja",
            "config.json",
            "tokenizer.model",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json");
  }

  @Test
  void aGgufFileBringsTheMmprojFile() throws IOException {
    gguf("some/gguf", "x-q4_0.gguf", "x-q8_0.gguf", "x-mmproj-f16.gguf", "config.json");
    Path named = Path.of("some/gguf/x-q4_0.gguf");
    Path found = hub().local(named, HubUse.DECODER);
    assertThat(found).hasSameBinaryContentAs(directory.resolve("hub/some/gguf/x-q4_0.gguf"));
    assertThat(heard.files).containsExactly("x-mmproj-f16.gguf", "x-q4_0.gguf");
    assertThat(heard.said).isEmpty();
    Path pinned = Path.of(named + "@" + HubServer.commit("some/gguf"));
    assertThat(hub(settings(true)).local(pinned, HubUse.WHOLE)).isEqualTo(found);
    assertThat(Hub.named(found)).contains(HubId.parse(pinned.toString()));
    assertThat(Hub.named(found.resolveSibling("")))
        .contains(HubId.parse("some/gguf@" + HubServer.commit("some/gguf")));
    assertThat(Hub.named(directory)).isEmpty();
    assertThat(hub().cached(Path.of("some/gguf/x-q8_0.gguf"), HubUse.WHOLE)).isEmpty();

    hub().local(Path.of("some/gguf/x-mmproj-f16.gguf"), HubUse.VISION);
    assertThat(heard.files).hasSize(2);
  }

  @Test
  void whichOfSeveralMmprojFilesIsForTheUserToSay() throws IOException {
    gguf("some/gguf", "x.gguf", "mmproj-f16.gguf", "mmproj-f32.gguf");
    hub().local(Path.of("some/gguf/x.gguf"), HubUse.WHOLE);
    assertThat(heard.files).containsExactly("x.gguf");
    assertThat(heard.said)
        .containsExactly(
            "some/gguf/x.gguf: fetches none of its mmproj files (mmproj-f16.gguf, mmproj-f32.gguf);"
                + " for a model that sees images, choose one: ./jlava model pull"
                + " some/gguf/mmproj-f16.gguf");
  }

  @Test
  void aGgufFileHasToBeNamed() throws IOException {
    gguf("some/gguf", "x-q4_0.gguf", "x-q8_0.gguf", "big-00001-of-00002.gguf", "config.json");
    assertFails(
        () -> hub().local(Path.of("some/gguf"), HubUse.DECODER),
        "some/gguf: the model on the hub has GGUF files only (found x-q4_0.gguf, x-q8_0.gguf); name"
            + " one, such as some/gguf/x-q4_0.gguf");
    for (String wrong : List.of("x.gguf", "big-00001-of-00002.gguf")) {
      assertFails(
          () -> hub().local(Path.of("some/gguf/" + wrong), HubUse.DECODER),
          "some/gguf/"
              + wrong
              + ": the model on the hub has no such file that can be read (found x-q4_0.gguf,"
              + " x-q8_0.gguf; files in folders and shards are not read); name another");
    }
    assertFails(
        () -> hub(settings(true)).local(Path.of("some/gguf/x-q4_0.gguf"), HubUse.DECODER),
        "some/gguf/x-q4_0.gguf: no file here, and not in the cache ");
    assertFails(
        () -> hub().local(Path.of("some/modle/x.gguf"), HubUse.DECODER),
        "some/modle/x.gguf: no file here, and the hub has no such model");
  }

  private void gguf(String id, String... names) throws IOException {
    Path model = Files.createDirectories(directory.resolve("hub").resolve(id));
    for (String name : names) {
      Files.writeString(model.resolve(name), "content of " + name);
    }
  }

  @Test
  void anAdapterIsWholeWithItsConfiguration() throws IOException {
    Path adapter = Files.createDirectories(directory.resolve("hub/some/adapter"));
    Files.writeString(adapter.resolve("adapter_model.safetensors"), "weights");
    Path id = Path.of("some/adapter");
    assertFails(
        () -> hub().local(id, HubUse.ADAPTER),
        "some/adapter: the model on the hub lacks adapter_config.json; choose one that is whole");
    Files.writeString(adapter.resolve("adapter_config.json"), "{}");
    assertThat(hub().local(id, HubUse.ADAPTER).resolve("adapter_model.safetensors")).exists();
  }

  private static void assertFails(ThrowingCallable call, String... parts) {
    assertThatThrownBy(call).isInstanceOf(HubException.class).message().contains(parts);
  }
}
