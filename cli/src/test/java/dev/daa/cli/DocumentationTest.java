package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.study.StudyPresets;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.train.config.Configs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/// What the documents name exists: commands and options, keys, columns, parts, presets and links.
final class DocumentationTest {
    private static final Path ROOT = root();
    private static final Pattern COMMAND = Pattern.compile("(?:\\./)?daa ([a-z][^`#\n]*)");
    private static final Pattern YAML = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);
    private static final Pattern TOP_KEY = Pattern.compile("(?m)^(\\w+):");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final String PROXIES = "proxies: {models: [{name: proxy}]}\n";

    @TempDir
    private Path folder;

    private static Path root() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("CONTRIBUTING.md"))) {
                return folder;
            }
        }
        throw new IllegalStateException("CONTRIBUTING.md is missing");
    }

    static List<Path> documents() throws IOException {
        try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
            return Stream.concat(
                            Stream.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")),
                            files.filter(file -> file.toString().endsWith(".md")))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void commandsAndTheirOptionsExist(Path document) throws IOException {
        Map<String, CommandLine> commands =
                CommandLineInterface.commands(new RecordedTerminal(false).terminal()).stream()
                        .map(CommandLine::new)
                        .collect(Collectors.toMap(CommandLine::getCommandName, Function.identity()));
        for (String code : code(Files.readString(document))) {
            for (MatchResult match : COMMAND.matcher(code).results().toList()) {
                String[] words = match.group(1).strip().split(" +");
                assertThat(commands).as(code).containsKey(words[0]);
                CommandLine command = Objects.requireNonNull(commands.get(words[0]));
                for (String word : words) {
                    String name = word.replaceFirst("=.*", "");
                    assertThat(!name.startsWith("--")
                                    || command.getCommandSpec().optionsMap().containsKey(name)
                                    || (command.getCommand() instanceof ConfigCommand<?> configured
                                            && configured.knowsKey(name.substring(2))))
                            .as(code + ": " + name)
                            .isTrue();
                }
            }
        }
    }

    /// Blocks and spans of code.
    private static List<String> code(String document) {
        List<String> code = new ArrayList<>();
        String[] parts = document.split("```");
        for (int i = 0; i < parts.length; i++) {
            if (i % 2 == 1) {
                code.addAll(parts[i].lines().toList());
            } else {
                CODE.matcher(parts[i]).results().forEach(span -> code.add(span.group(1)));
            }
        }
        return code;
    }

    @ParameterizedTest
    @MethodSource("documents")
    void linksLeadSomewhere(Path document) throws IOException {
        for (MatchResult link :
                LINK.matcher(Files.readString(document)).results().toList()) {
            String[] target = link.group(1).split("#", 2);
            if (target[0].contains("://")) {
                continue;
            }
            Path file = target[0].isEmpty() ? document : document.resolveSibling(target[0]);
            assertThat(file).as(link.group()).exists();
            if (target.length > 1) {
                assertThat(Files.readAllLines(file).stream()
                                .filter(line -> line.startsWith("#"))
                                .map(DocumentationTest::anchor))
                        .as(link.group())
                        .contains(target[1]);
            }
        }
    }

    private static String anchor(String heading) {
        return heading.replaceFirst("#+ ", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\w\\- ]", "")
                .replace(' ', '-');
    }

    /// Each piece of YAML in place of what a preset has there.
    @Test
    void piecesOfAStudysConfigAreRead() throws IOException {
        for (String name : List.of("study.md", "rlhf.md", "reward-models.md")) {
            for (MatchResult block : YAML.matcher(document(name)).results().toList()) {
                String piece = block.group(1);
                String preset = StudyPresets.yaml("quick");
                for (MatchResult key : TOP_KEY.matcher(piece).results().toList()) {
                    preset = preset.replaceAll("(?m)^" + key.group(1) + ":.*\n(?: .*\n)*", "");
                }
                String config = preset + (piece.contains("proxies:") ? "" : PROXIES) + piece;
                assertThat(Configs.read(StudyConfig.class, name, config, List.of())
                                .seeds())
                        .hasSize(3);
            }
        }
    }

    private static String document(String name) throws IOException {
        return Files.readString(ROOT.resolve("docs").resolve(name));
    }

    /// What stands in code in the first column of the table of a section.
    private static List<String> firstColumn(String heading) throws IOException {
        String section =
                document("study.md").split("(?m)^## " + heading + "\n")[1].split("(?m)^## ")[0];
        return section.lines()
                .filter(line -> line.startsWith("| `"))
                .flatMap(line -> CODE.matcher(line.split("\\|")[1]).results())
                .flatMap(span -> Arrays.stream(span.group(1).split(", ")))
                .toList();
    }

    @Test
    void columnsOfPointsAreExplained() throws IOException {
        Path file = folder.resolve("points.csv");
        PointsCsv.write(file, List.of());
        assertThat(firstColumn("Columns of points.csv"))
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(Files.readString(file).strip().split(","))
                                .filter(column -> !column.endsWith("_se"))
                                .toList());
    }

    @Test
    void partsOfTheAnalysisAreExplained() throws IOException {
        assertThat(firstColumn("The analysis"))
                .containsExactly(Arrays.stream(Part.values()).map(Part::key).toArray(String[]::new));
    }

    @Test
    void presetsHaveTheGridsThatTheTableSays() throws IOException {
        List<String> table = document("study.md")
                .lines()
                .filter(line -> line.startsWith("| `"))
                .toList();
        for (String preset : StudyPresets.NAMES) {
            String row = table.stream()
                    .filter(line -> line.startsWith("| `" + preset + "` |"))
                    .findFirst()
                    .orElseThrow();
            StudyConfig config = Configs.read(StudyConfig.class, preset, StudyPresets.yaml(preset), List.of());
            assertNumber(row, "([\\d,]+) seeds", config.seeds().size());
            assertNumber(row, "([\\d,]+) pairs", config.preferences().pairs());
            assertNumber(row, "× (\\d+) sizes", config.sizes().size());
            config.objectives()
                    .forEach(grid -> assertNumber(row, "(\\d+) β", grid.betas().size()));
        }
    }

    private static void assertNumber(String row, String pattern, int expected) {
        Pattern.compile(pattern)
                .matcher(row)
                .results()
                .forEach(found ->
                        assertThat(found.group(1).replace(",", "")).as(row).isEqualTo(Integer.toString(expected)));
    }
}
