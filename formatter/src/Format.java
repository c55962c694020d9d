import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.JavaFormatterOptions.Style;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Lays out every Java source of the project in palantir style: 4 spaces, 120 columns, imports sorted.
///
/// Run as `Format --check ROOT FOLDER` (names each file of the folder that differs, exit 1) or `Format --apply ROOT
/// FOLDER`.
public final class Format {
    private static final int COLUMNS = 120;

    private static final Pattern COMMENT = Pattern.compile("(\\s*///)(.*)");

    /// A list item or a block tag.
    private static final Pattern STARTS_PARAGRAPH = Pattern.compile("[-*+] |\\d+\\. |@\\w+|#");

    private Format() {}

    public static void main(String[] args) throws IOException {
        boolean apply = args[0].equals("--apply");
        Path root = Path.of(args[1]).normalize();
        Path folder = root.resolve(args[2]).normalize();
        Formatter formatter = Formatter.createFormatter(
                JavaFormatterOptions.builder().style(Style.PALANTIR).build());
        List<String> problems;
        try (Stream<Path> files = Files.walk(folder)) {
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
            String formatted = formatter.formatSourceAndFixImports(fillComments(text));
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
                    + " (not Java, or the formatter is behind: it wants `var _` in a record pattern and knows"
                    + " no `import module`)");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Refills every paragraph of a `///` comment that has a line over 120 columns: the formatter would cut such a
    /// line and leave its end outside the comment. Fenced code and tables stay as they are.
    static String fillComments(String text) {
        List<String> filled = new ArrayList<>();
        List<String> paragraph = new ArrayList<>();
        boolean fenced = false;
        for (String line : text.split("\n", -1)) {
            Matcher comment = COMMENT.matcher(line);
            boolean isComment = comment.matches();
            String words = isComment ? comment.group(2).strip() : "";
            boolean fence = words.startsWith("```");
            boolean plain = isComment && !words.isEmpty() && !words.startsWith("|") && !fence && !fenced;
            if (!plain || STARTS_PARAGRAPH.matcher(words).lookingAt()) {
                fill(paragraph, filled);
            }
            if (plain) {
                paragraph.add(line);
            } else {
                filled.add(line);
            }
            fenced ^= fence;
        }
        fill(paragraph, filled);
        return String.join("\n", filled);
    }

    /// Moves a paragraph's lines to `filled`, refilled when one of them is too long.
    private static void fill(List<String> paragraph, List<String> filled) {
        if (paragraph.stream().allMatch(line -> width(line) <= COLUMNS)) {
            filled.addAll(paragraph);
            paragraph.clear();
            return;
        }
        Matcher first = COMMENT.matcher(paragraph.getFirst());
        if (!first.matches()) {
            throw new IllegalStateException(paragraph.getFirst());
        }
        String comment = first.group(2);
        String lead = first.group(1)
                + comment.substring(0, comment.length() - comment.stripLeading().length());
        String continued = STARTS_PARAGRAPH.matcher(comment.strip()).lookingAt() ? lead + "  " : lead;
        StringBuilder line = new StringBuilder(lead);
        boolean empty = true;
        for (String part : paragraph) {
            for (String word : part.substring(part.indexOf("///") + 3).strip().split("\\s+")) {
                if (!empty && width(line) + 1 + word.length() > COLUMNS) {
                    filled.add(line.toString());
                    line = new StringBuilder(continued);
                    empty = true;
                }
                line.append(empty ? "" : " ").append(word);
                empty = false;
            }
        }
        filled.add(line.toString());
        paragraph.clear();
    }

    /// Columns as the formatter counts them: the indentation of a comment's later lines counts twice.
    private static int width(CharSequence line) {
        return line.length() + line.toString().indexOf("///");
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
