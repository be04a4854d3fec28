package dev.jlava.data.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The colour space that a JPEG's markers speak of, by libjpeg's rules (`default_decompress_parms`
/// in jdapimin.c).
enum JpegColours {
  GREY,
  RGB,
  YCBCR,
  CMYK,
  YCCK;

  private static final int START_OF_SCAN = 0xDA;
  private static final int APP0 = 0xE0;
  private static final int APP14 = 0xEE;
  private static final int ABSENT = -1;

  /// Colour space of a JPEG file of `components` components.
  static JpegColours of(byte[] bytes, int components) {
    Markers markers = Markers.of(bytes);
    return switch (components) {
      case 1 -> GREY;
      case 3 -> markers.threeComponents();
      case 4 -> markers.adobeTransform == ABSENT || markers.adobeTransform == 0 ? CMYK : YCCK;
      default -> throw new IllegalArgumentException(components + " colour components");
    };
  }

  /// What stands before the first scan.
  private record Markers(boolean jfif, int adobeTransform, byte[] componentIds) {
    static Markers of(byte[] bytes) {
      boolean jfif = false;
      int adobe = ABSENT;
      byte[] ids = {};
      int at = 2;
      while (at + 4 <= bytes.length) {
        int marker = bytes[at + 1] & 0xFF;
        if ((bytes[at] & 0xFF) != 0xFF || marker == 0xFF) {
          at++;
          continue;
        }
        if (marker == START_OF_SCAN) {
          break;
        }
        int length = ((bytes[at + 2] & 0xFF) << 8) | (bytes[at + 3] & 0xFF);
        byte[] body = Arrays.copyOfRange(bytes, at + 4, Math.min(at + 2 + length, bytes.length));
        jfif |= marker == APP0 && body.length >= 12 && begins(body, "JFIF\0");
        adobe = marker == APP14 && body.length >= 12 && begins(body, "Adobe") ? body[11] : adobe;
        ids = isFrame(marker) ? componentIds(body) : ids;
        at += 2 + length;
      }
      return new Markers(jfif, adobe, ids);
    }

    private static boolean begins(byte[] body, String name) {
      byte[] expected = name.getBytes(StandardCharsets.US_ASCII);
      return Arrays.equals(body, 0, expected.length, expected, 0, expected.length);
    }

    private static boolean isFrame(int marker) {
      return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }

    private static byte[] componentIds(byte[] frame) {
      byte[] ids = new byte[frame[5]];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = frame[6 + 3 * i];
      }
      return ids;
    }

    private JpegColours threeComponents() {
      if (jfif) {
        return YCBCR;
      }
      if (adobeTransform != ABSENT) {
        return adobeTransform == 0 ? RGB : YCBCR;
      }
      return Arrays.equals(componentIds, new byte[] {'R', 'G', 'B'}) ? RGB : YCBCR;
    }
  }
}
