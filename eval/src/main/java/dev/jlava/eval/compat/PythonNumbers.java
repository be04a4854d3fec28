package dev.jlava.eval.compat;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Floats as Python prints, rounds and reads them.
public final class PythonNumbers {
  private static final Pattern FINITE =
      Pattern.compile(
          "[+-]?(?:D(?:_?D)*\\.?(?:D(?:_?D)*)?|\\.D(?:_?D)*)(?:[eE][+-]?D(?:_?D)*)?"
              .replace("D", "\\p{Nd}"));
  private static final Pattern NOT_FINITE =
      Pattern.compile("([+-]?)(?:(nan)|inf|infinity)", Pattern.CASE_INSENSITIVE);

  private PythonNumbers() {}

  /// `'%.2f' % value`: rounds the exact binary value, half to even.
  public static String fixed(double value, int digits) {
    if (!Double.isFinite(value)) {
      return notFinite(value);
    }
    String text = new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    boolean minus = Double.doubleToRawLongBits(value) < 0 && !text.startsWith("-");
    return minus ? "-" + text : text;
  }

  /// `round(value, digits)`.
  public static double round(double value, int digits) {
    return Double.isFinite(value) ? Double.parseDouble(fixed(value, digits)) : value;
  }

  /// `repr(value)`: the shortest digits that give the value back; powers of ten below 1e-4 and from
  /// 1e16.
  public static String repr(double value) {
    if (!Double.isFinite(value)) {
      return notFinite(value);
    }
    if (value == 0) {
      return Double.toString(value);
    }
    BigDecimal digits = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent < -4 || exponent >= 16) {
      String mantissa = digits.scaleByPowerOfTen(-exponent).toPlainString();
      return mantissa + String.format(Locale.ROOT, "e%+03d", exponent);
    }
    return digits.setScale(Math.max(1, digits.scale())).toPlainString();
  }

  /// `float(text)`: surrounding space, underscores between digits, the digits of every script,
  /// `nan` and `inf`; nothing where Python raises a ValueError.
  public static OptionalDouble parse(String text) {
    String stripped = PythonText.strip(text);
    Matcher special = NOT_FINITE.matcher(stripped);
    if (special.matches()) {
      double infinity =
          special.group(1).equals("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
      return OptionalDouble.of(special.group(2) == null ? infinity : Double.NaN);
    }
    if (!FINITE.matcher(stripped).matches()) {
      return OptionalDouble.empty();
    }
    StringBuilder ascii = new StringBuilder();
    stripped
        .codePoints()
        .filter(c -> c != '_')
        .forEach(c -> ascii.append(Character.isDigit(c) ? digit(c) : Character.toString(c)));
    return OptionalDouble.of(Double.parseDouble(ascii.toString()));
  }

  private static String digit(int codePoint) {
    return Integer.toString(Character.digit(codePoint, 10));
  }

  private static String notFinite(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    return value > 0 ? "inf" : "-inf";
  }
}
