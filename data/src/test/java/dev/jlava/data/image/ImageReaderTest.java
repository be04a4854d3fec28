package dev.jlava.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.data.DataException;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImageReaderTest {
  private static final String REMEDY = "; replace the file or remove the sample";

  private final ImageReader reader = new ImageReader();
  private final GoldenTensors decoded = Golden.tensors("image/decoded.safetensors");
  @TempDir private Path directory;

  @Test
  void everyGoldenImageDecodesToThePixelsOfPillow() {
    for (String file : decoded.names()) {
      RgbImage image = reader.read(source(file));
      long[] shape = {image.height(), image.width(), RgbImage.CHANNELS};
      assertThat(shape).as(file).isEqualTo(decoded.shape(file));
      Difference difference = Difference.of(image.rgb(), decoded.uint8(file));
      assertThat(difference).as(file).isEqualTo(new Difference(0, 0.0));
    }
    assertThat(decoded.names()).hasSize(24);
  }

  @Test
  void threadsDecodeTheSame() {
    byte[] expected = decoded.uint8("progressive.jpg");
    var images =
        IntStream.range(0, 64)
            .parallel()
            .mapToObj(i -> reader.read(source("progressive.jpg")).rgb())
            .toList();
    assertThat(images).hasSize(64).allMatch(rgb -> Arrays.equals(rgb, expected));
  }

  @Test
  void inksOfAnAdobeYcckJpegBecomeLight() throws IOException {
    byte[] bytes = Files.readAllBytes(source("cmyk.jpg"));
    bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf("Adobe") + 11] = 2;
    RgbImage ycck = reader.read(Files.write(directory.resolve("ycck.jpg"), bytes));
    int middle = 3 * (14 * ycck.width() + 20);
    assertThat(Arrays.copyOfRange(ycck.rgb(), middle, middle + 3)).containsExactly(136, 231, 255);
  }

  @Test
  void animatedWebpIsRefused() throws IOException {
    byte[] header =
        "RIFF\26\0\0\0WEBPVP8X\12\0\0\0\2\0\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
    assertError(
        Files.write(directory.resolve("animated.webp"), header),
        ": WEBP image cannot be decoded (found 30 bytes: animated WebP is not supported)" + REMEDY);
  }

  @Test
  void filesThatPillowRefusesAreRefused() {
    assertError(
        source("truncated.jpg"),
        ": JPEG image cannot be decoded (found 853 bytes: the file is truncated, its end marker is"
            + " missing)"
            + REMEDY);
    assertError(
        source("not_an_image.png"),
        ": not an image (found bytes 74 68 69 73 20 69 73 20 \"this is \", expected JPEG, PNG,"
            + " WebP, GIF or BMP)"
            + REMEDY);
    assertError(source("empty.png"), ": image file is empty (found 0 bytes)" + REMEDY);
  }

  @Test
  void missingFilesAndDirectoriesAreRefused() {
    assertError(
        directory.resolve("no.png"),
        ": image file not found; check the sample's `image` and the recipe's `images`");
    assertError(directory, ": not an image (found a directory)" + REMEDY);
  }

  @Test
  void everyTruncatedFormatIsRefused() throws IOException {
    int refused = 0;
    for (String file : decoded.names()) {
      byte[] bytes = Files.readAllBytes(source(file));
      Path cut = directory.resolve(file);
      Files.write(cut, Arrays.copyOf(bytes, bytes.length * 3 / 10));
      assertThatThrownBy(() -> reader.read(cut))
          .as(file)
          .isInstanceOf(DataException.class)
          .hasMessageStartingWith(cut + ": ")
          .hasMessageEndingWith(REMEDY);
      refused++;
    }
    assertThat(refused).isEqualTo(24);
  }

  @Test
  void aDamagedPaletteIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(source("palette_trns.png"));
    int palette = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("PLTE");
    bytes[palette + 6] ^= 1;
    Path file = Files.write(directory.resolve("palette.png"), bytes);
    assertError(
        file,
        ": PNG image cannot be decoded (found 474 bytes: wrong checksum of chunk PLTE)" + REMEDY);
  }

  @Test
  void aGifFrameStandsOnItsScreen() throws IOException {
    byte[] bytes = Files.readAllBytes(source("animated.gif"));
    bytes[6] = 26;
    bytes[8] = 33;
    RgbImage image = reader.read(Files.write(directory.resolve("screen.gif"), bytes));
    byte[] frame = decoded.uint8("animated.gif");
    assertThat(image.width()).isEqualTo(26);
    assertThat(image.height()).isEqualTo(33);
    assertThat(Arrays.copyOfRange(image.rgb(), 26 * 3, 50 * 3))
        .isEqualTo(Arrays.copyOfRange(frame, 24 * 3, 48 * 3));
  }

  private void assertError(Path file, String message) {
    assertThatThrownBy(() -> reader.read(file))
        .isInstanceOf(DataException.class)
        .hasMessage(file + message);
  }

  private static Path source(String file) {
    return Golden.path("image/src/" + file);
  }
}
