package dev.jlava.data.world;

import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// Paints scenes with Java2D, antialiased, with a shaded background, colours that vary a little and
/// sparse noise. The same scene gives the same pixels; needs no display.
public final class SceneRenderer {
  private static final int COLOUR_JITTER = 14;
  private static final double NOISY_PIXELS = 0.06;
  private static final int NOISE = 10;
  private static final double STAR_INNER = 0.45;
  private static final int STAR_POINTS = 5;

  private SceneRenderer() {}

  /// The picture, `TYPE_INT_RGB`.
  public static BufferedImage render(Scene scene) {
    RandomGenerator random = new SplittableRandom(scene.noise());
    BufferedImage image =
        new BufferedImage(scene.width(), scene.height(), BufferedImage.TYPE_INT_RGB);
    Graphics2D canvas = image.createGraphics();
    canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    canvas.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    paintBackground(scene, canvas, random);
    for (SceneObject object : scene.objects()) {
      canvas.setColor(jittered(object.colour().rgb(), random));
      canvas.fill(outline(object));
    }
    canvas.dispose();
    addNoise(image, random);
    return image;
  }

  private static void paintBackground(Scene scene, Graphics2D canvas, RandomGenerator random) {
    Color from = jittered(scene.background().rgb(), random);
    Color to = jittered(scene.background().rgb(), random);
    canvas.setPaint(new GradientPaint(0, 0, from, scene.width(), scene.height(), to));
    canvas.fillRect(0, 0, scene.width(), scene.height());
  }

  private static java.awt.Shape outline(SceneObject object) {
    double radius = object.diameter() / 2;
    double left = object.x() - radius;
    double top = object.y() - radius;
    double side = object.diameter();
    return switch (object.shape()) {
      case CIRCLE -> new Ellipse2D.Double(left, top, side, side);
      case SQUARE ->
          new Rectangle2D.Double(left + 0.06 * side, top + 0.06 * side, 0.88 * side, 0.88 * side);
      case TRIANGLE -> polygon(object.x(), top, left + side, top + side, left, top + side);
      case STAR -> star(object.x(), object.y(), radius);
    };
  }

  private static java.awt.Shape star(double x, double y, double radius) {
    double[] corners = new double[4 * STAR_POINTS];
    for (int i = 0; i < 2 * STAR_POINTS; i++) {
      double reach = i % 2 == 0 ? radius : radius * STAR_INNER;
      double angle = Math.PI * i / STAR_POINTS - Math.PI / 2;
      corners[2 * i] = x + reach * Math.cos(angle);
      corners[2 * i + 1] = y + reach * Math.sin(angle);
    }
    return polygon(corners);
  }

  private static java.awt.Shape polygon(double... corners) {
    Path2D path = new Path2D.Double();
    path.moveTo(corners[0], corners[1]);
    for (int i = 2; i < corners.length; i += 2) {
      path.lineTo(corners[i], corners[i + 1]);
    }
    path.closePath();
    return path;
  }

  private static Color jittered(int rgb, RandomGenerator random) {
    return new Color(
        jittered(rgb >> 16, COLOUR_JITTER, random),
        jittered(rgb >> 8, COLOUR_JITTER, random),
        jittered(rgb, COLOUR_JITTER, random));
  }

  private static int jittered(int channel, int amount, RandomGenerator random) {
    return Math.clamp((channel & 0xFF) + random.nextInt(-amount, amount + 1), 0, 255);
  }

  private static void addNoise(BufferedImage image, RandomGenerator random) {
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        if (random.nextDouble() < NOISY_PIXELS) {
          int rgb = image.getRGB(x, y);
          int shade = random.nextInt(-NOISE, NOISE + 1);
          image.setRGB(
              x, y, shifted(rgb, 16, shade) | shifted(rgb, 8, shade) | shifted(rgb, 0, shade));
        }
      }
    }
  }

  private static int shifted(int rgb, int bits, int shade) {
    return Math.clamp(((rgb >> bits) & 0xFF) + shade, 0, 255) << bits;
  }
}
