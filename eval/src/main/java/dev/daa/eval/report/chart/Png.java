package dev.daa.eval.report.chart;

import com.github.weisj.jsvg.SVGDocument;
import com.github.weisj.jsvg.parser.DocumentLimits;
import com.github.weisj.jsvg.parser.LoaderContext;
import com.github.weisj.jsvg.parser.SVGLoader;
import com.github.weisj.jsvg.view.ViewBox;
import java.awt.AWTError;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import javax.imageio.ImageIO;

/// Paints SVG into PNG files, without a display (set `java.awt.headless=true`). Needs the Java runtime's fonts, which a
/// bare container may lack; ask [#obstacle] first.
public final class Png {
    /// Pixels per SVG unit.
    private static final int SCALE = 2;

    private Png() {}

    /// Why this Java runtime cannot draw text; empty if it can.
    public static Optional<String> obstacle() {
        try {
            Graphics2D graphics = new BufferedImage(1, 1, BufferedImage.TYPE_3BYTE_BGR).createGraphics();
            new Font(Font.SANS_SERIF, Font.PLAIN, 12).getStringBounds("β", graphics.getFontRenderContext());
            graphics.dispose();
            return Optional.empty();
        } catch (RuntimeException | LinkageError | AWTError | InternalError missing) {
            return Optional.of(
                    String.valueOf(missing.getMessage()).lines().findFirst().orElse(""));
        }
    }

    public static void write(String svg, Path file) throws IOException {
        SVGDocument document = new SVGLoader()
                .load(
                        new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)),
                        null,
                        LoaderContext.builder()
                                .documentLimits(new DocumentLimits(8, 8, Integer.MAX_VALUE))
                                .build());
        if (document == null) {
            throw new IOException("the SVG of " + file + " cannot be parsed");
        }
        int width = (int) Math.ceil(document.size().width * SCALE);
        int height = (int) Math.ceil(document.size().height * SCALE);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        Graphics2D graphics = image.createGraphics();
        try {
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setColor(Color.WHITE);
            graphics.fillRect(0, 0, width, height);
            document.render(null, graphics, new ViewBox(width, height));
        } finally {
            graphics.dispose();
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(image, "png", png);
        Files.write(file, png.toByteArray());
    }
}
