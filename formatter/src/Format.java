import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.JavaFormatterOptions.Style;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Lays out every Java source of the project in palantir style: 4 spaces, 120 columns, imports sorted.
///
/// Run as `Format --check ROOT` (names each file that differs, exit 1) or `Format --apply ROOT`.
public final class Format {
    private Format() {}

    public static void main(String[] args) throws IOException {
        boolean apply = args[0].equals("--apply");
        Path root = Path.of(args[1]).normalize();
        Formatter formatter = Formatter.createFormatter(
                JavaFormatterOptions.builder().style(Style.PALANTIR).build());
        List<String> problems;
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> sources = files.filter(file -> isSource(root.relativize(file)))
                    .sorted()
                    .toList();
            problems = sources.parallelStream()
                    .map(source -> format(formatter, root, source, apply))
                    .flatMap(Optional::stream)
                    .toList();
        }
        if (!problems.isEmpty()) {
            problems.forEach(System.err::println);
            System.err.println(problems.size() + " file(s) differ from the project's layout; apply it: scripts/format");
            System.exit(1);
        }
    }

    private static boolean isSource(Path relative) {
        String name = relative.toString().replace('\\', '/');
        return name.endsWith(".java") && name.contains("src/") && !name.contains("target/") && !name.startsWith(".");
    }

    /// What is wrong with one file, or nothing; with `apply` the file is rewritten instead.
    private static Optional<String> format(Formatter formatter, Path root, Path source, boolean apply) {
        Path name = root.relativize(source);
        try {
            String text = Files.readString(source);
            String formatted = formatter.formatSourceAndFixImports(text);
            if (formatted.equals(text)) {
                return Optional.empty();
            }
            if (apply) {
                Files.writeString(source, formatted);
                return Optional.empty();
            }
            return Optional.of(name + ":" + firstDifference(text, formatted) + ": layout differs from here on");
        } catch (FormatterException e) {
            return Optional.of(name + ":" + e.getMessage()
                    + " (the formatter wants `var _` in a record pattern and knows no `import module`)");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int firstDifference(String text, String formatted) {
        int common = 0;
        while (common < Math.min(text.length(), formatted.length())
                && text.charAt(common) == formatted.charAt(common)) {
            common++;
        }
        return 1
                + (int) text.substring(0, common).chars().filter(c -> c == '\n').count();
    }
}
