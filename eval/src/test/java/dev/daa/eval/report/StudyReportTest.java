package dev.daa.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.daa.compute.InputException;
import dev.daa.eval.curve.BestOfN;
import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.record.ResponseSample;
import dev.daa.eval.record.StudyFiles;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Findings;
import dev.daa.eval.report.measure.FittedLaw;
import dev.daa.eval.report.measure.LawFits;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.text.Words;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StudyReportTest {
    private static final int REPLICAS = 50;

    private Path study;
    private StudyReport.Written written;

    @BeforeAll
    void writeOnce(@TempDir Path folder) throws IOException {
        study = folder;
        new SyntheticStudy(List.of("S", "M"), 2, List.of(0.05, 0.3, 1.0), 4).write(study);
        written = StudyReport.write(study, REPLICAS);
    }

    @Test
    void thePageIsWellFormedAndHasEverySection() throws Exception {
        Document page = parse(Files.readString(written.index()));
        List<String> ids = new ArrayList<>();
        for (Element section : elements(page, "section")) {
            ids.add(section.getAttribute("id"));
        }
        assertThat(ids)
                .containsExactly(
                        "in-short",
                        "overoptimization",
                        "fits",
                        "training",
                        "runs",
                        "behaviour",
                        "part-dynamics",
                        "part-length",
                        "part-likelihood",
                        "part-forward-kl",
                        "part-prediction",
                        "part-trends",
                        "part-mitigations",
                        "part-stopping",
                        "responses",
                        "findings",
                        "checks",
                        "method");
        assertThat(elements(page, "figure")).hasSizeGreaterThanOrEqualTo(12).allSatisfy(figure -> {
            assertThat(figure.getElementsByTagName("svg").getLength()).isPositive();
            assertThat(figure.getElementsByTagName("figcaption").getLength()).isOne();
        });
    }

    /// The paragraph that everybody reads says what the finding that everybody asks for says.
    @Test
    void theLeadEndsWithWhatTheFirstFindingSays() throws Exception {
        Document page = parse(Files.readString(written.index()));
        String lead = elements(page, "p").stream()
                .filter(paragraph -> paragraph.getAttribute("class").equals("lead"))
                .findFirst()
                .orElseThrow()
                .getTextContent();
        Finding first =
                Findings.of(StudyData.readPoints(study), List.of(), List.of()).getFirst();
        assertThat(lead.substring(lead.lastIndexOf(": ") + 2)).isEqualToIgnoringCase(first.summary());
    }

    /// A full disk, as everywhere else, is one line that says what to do.
    @Test
    @EnabledOnOs(OS.LINUX)
    void aFigureThatCannotBeWrittenIsToldInOneLine(@TempDir Path folder) throws IOException {
        new SyntheticStudy(List.of("S"), 2, List.of(0.1, 1.0), 3).write(folder);
        Path figures = Files.createDirectories(folder.resolve("report/figures"));
        String name;
        try (Stream<Path> files = Files.list(study.resolve("report/figures"))) {
            name = files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".png"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
        Files.createSymbolicLink(figures.resolve(name), Path.of("/dev/full"));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> StudyReport.write(folder, REPLICAS))
                .withMessageContaining(": the disk is full; free some space");
    }

    @Test
    void everyAnchorIsUnique() throws Exception {
        Document page = parse(Files.readString(written.index()));
        List<String> ids = elements(page, "*").stream()
                .map(element -> element.getAttribute("id"))
                .filter(id -> !id.isEmpty())
                .toList();
        assertThat(ids).doesNotHaveDuplicates().hasSizeGreaterThan(40);
    }

    @Test
    void thePageNeedsNothingFromElsewhere() throws Exception {
        Document page = parse(Files.readString(written.index()));
        assertThat(elements(page, "script")).isEmpty();
        assertThat(elements(page, "link")).isEmpty();
        assertThat(elements(page, "img")).isEmpty();
        String text = Files.readString(written.index()).replaceAll("xmlns=\"http://www.w3.org/[^\"]*\"", "");
        assertThat(text).doesNotContain("http://", "https://", "url(", "@import");
        for (Element link : elements(page, "a")) {
            String target = link.getAttribute("href");
            if (target.startsWith("#")) {
                assertThat(text).contains("id=\"" + target.substring(1) + "\"");
            } else if (!target.startsWith("data:")) {
                assertThat(study.resolve("report").resolve(target)).exists();
            }
        }
    }

    @Test
    void everyColourOfAFigureIsDefinedForLightAndDark() throws IOException {
        String text = Files.readString(written.index());
        java.util.regex.Matcher used = java.util.regex.Pattern.compile("(?:fill|stroke):var\\((--[a-z0-9]+)\\)")
                .matcher(text);
        assertThat(used.results().map(match -> match.group(1)).distinct())
                .hasSizeGreaterThan(5)
                .allSatisfy(name -> assertThat(text.split(name + ":#", -1)).hasSize(3));
    }

    @Test
    void everyFigureIsAlsoAFile() throws Exception {
        Path folder = study.resolve("report").resolve("figures");
        List<Path> drawings;
        try (Stream<Path> files = Files.list(folder)) {
            drawings = files.filter(file -> file.toString().endsWith(".svg")).toList();
        }
        assertThat(drawings).hasSizeGreaterThanOrEqualTo(12);
        for (Path drawing : drawings) {
            Document svg = parse(Files.readString(drawing));
            assertThat(svg.getDocumentElement().getTagName()).isEqualTo("svg");
            assertThat(Files.readString(drawing)).doesNotContain("NaN", "Infinity", "var(--");
            String name = drawing.getFileName().toString().replace(".svg", "");
            assertThat(Files.readAllLines(folder.resolve(name + ".csv"))).hasSizeGreaterThan(1);
            if (written.warnings().isEmpty()) {
                assertThat(ImageIO.read(folder.resolve(name + ".png").toFile()).getWidth())
                        .isEqualTo(2 * Integer.parseInt(svg.getDocumentElement().getAttribute("width")));
            }
        }
    }

    @Test
    void aStudyThatIsNotFinishedSaysSo(@TempDir Path folder) throws IOException {
        new SyntheticStudy(List.of("S"), 1, List.of(0.05, 1.0), 4).write(folder);
        Path facts = folder.resolve("study.json");
        Files.writeString(facts, Files.readString(facts).replace("\"missing_cells\" : 0", "\"missing_cells\" : 3"));
        StudyReport.Written partial = StudyReport.write(folder, REPLICAS);
        assertThat(partial.warnings()).contains("the study is not finished, 3 cells missing");
        assertThat(Files.readString(partial.index()))
                .contains(
                        "Not finished: 3 cells of the study are missing.",
                        "not yet: 3 cells missing at 2026-11-21T10:00:00Z");
        assertThat(Files.readString(written.index())).doesNotContain("Not finished:");
    }

    /// One β, one seed, two checkpoints: nothing has a spread, and two points fit a law of two coefficients by
    /// themselves.
    @Test
    void aSingleRunClaimsNoErrors(@TempDir Path folder) throws Exception {
        new SyntheticStudy(List.of("S"), 1, List.of(0.3), 2).write(folder);
        StudyReport.Written single = StudyReport.write(folder, REPLICAS);
        String page = Files.readString(single.index());
        assertThat(LawFits.of(StudyData.readPoints(folder), REPLICAS))
                .isNotEmpty()
                .allSatisfy(fit -> assertThat(fit.aic()).isNaN())
                .allSatisfy(fit -> assertThat(fit.peakDistance().low()).isNaN())
                .allSatisfy(
                        fit -> assertThat(fit.coefficients().getFirst().low()).isNaN());
        assertThat(page)
                .contains(
                        "which does not profit from picking the best: too close to call for DPO",
                        "of fewer than 5 runs of one seed there is none (–)",
                        "fitted law")
                .doesNotContain(
                        ">its 95 % interval<", "its pointwise 95 %", "There are no fits.", "sampled at temperature 1")
                .doesNotContain("0.00\u00a0±\u00a00.00");
        for (Element body : elements(parse(page), "tbody")) {
            assertThat(body.getElementsByTagName("tr").getLength()).isPositive();
        }
        assertThat(intervals(parse(page), "part-forward-kl")).isZero();
        assertThat(intervals(parse(Files.readString(written.index())), "part-forward-kl"))
                .isPositive();
    }

    /// Four runs of four seeds have intervals by the jackknife, but a bootstrap of them does not reach as far as a
    /// band of 95 %; four of one seed have neither.
    @Test
    void aFewRunsHaveFitsWithoutBands() throws IOException {
        for (int seeds = 4; seeds <= 5; seeds++) {
            boolean enough = seeds == 5;
            assertThat(LawFits.of(new SyntheticStudy(List.of("S"), seeds, List.of(0.1), 6).points(), REPLICAS))
                    .isNotEmpty()
                    .allSatisfy(fit -> assertThat(
                                    Double.isNaN(fit.coefficients().getFirst().low()))
                            .isFalse())
                    .allSatisfy(
                            fit -> assertThat(Double.isNaN(fit.curve().getLast().high()))
                                    .isEqualTo(!enough));
        }
        List<Double> betas = List.of(0.1, 0.2, 0.3, 0.4);
        assertThat(LawFits.of(new SyntheticStudy(List.of("S"), 1, betas, 6).points(), REPLICAS))
                .isNotEmpty()
                .allSatisfy(
                        fit -> assertThat(fit.coefficients().getFirst().low()).isNaN())
                .allSatisfy(fit -> assertThat(fit.curve().getLast().high()).isNaN())
                .allSatisfy(fit -> assertThat(fit.estimate(0).standardError()).isNaN());
    }

    /// Reinforcement has a KL coefficient where direct alignment has β; both may have one value.
    @Test
    void aKlCoefficientIsNotCalledBeta(@TempDir Path folder) throws Exception {
        List<Point> points = new ArrayList<>(new SyntheticStudy(List.of("S"), 2, List.of(0.3, 1.0), 4).points());
        for (Point point : List.copyOf(points)) {
            Point.Cell cell = point.cell();
            if (cell.objective().equals("dpo")) {
                double coefficient = cell.beta() == 0.3 ? 0.05 : 1;
                points.add(new Point(
                        new Point.Cell(
                                "ppo" + cell.run(),
                                Method.REINFORCEMENT,
                                "ppo",
                                coefficient,
                                "S",
                                cell.parameters(),
                                cell.seed(),
                                "proxy",
                                null),
                        point.step(),
                        point.fraction(),
                        point.evaluation()));
            }
        }
        Files.createDirectories(folder.resolve("report"));
        PointsCsv.write(StudyFiles.points(folder), points);
        Document page =
                parse(Files.readString(StudyReport.write(folder, REPLICAS).index()));
        Element runs = elements(page, "section").stream()
                .filter(section -> section.getAttribute("id").equals("runs"))
                .findFirst()
                .orElseThrow();
        assertThat(runs.getElementsByTagName("th").item(1).getTextContent()).isEqualTo("β or KL\u00a0coefficient");
        assertThat(elements(page, "li").stream().map(Element::getTextContent).map(String::strip))
                .contains("KL\u00a0coefficient\u00a00.05", "β\u00a00.3", "β or KL\u00a0coefficient\u00a01");
        assertThat(page.getDocumentElement().getTextContent())
                .contains("PPO, KL\u00a0coefficient\u00a00.05")
                .doesNotContain("PPO, β", "PPO β");
        Document direct = parse(Files.readString(written.index()));
        assertThat(direct.getDocumentElement().getTextContent()).doesNotContain("KL\u00a0coefficient");
    }

    @Test
    void sharesOfRunsHaveTheirErrors() throws Exception {
        Element runs = elements(parse(Files.readString(written.index())), "section").stream()
                .filter(section -> section.getAttribute("id").equals("runs"))
                .findFirst()
                .orElseThrow();
        for (int column : new int[] {5, 8, 9}) {
            assertThat(runs.getElementsByTagName("td").item(column).getTextContent())
                    .matches("−?\\d+\u00a0±\u00a0\\d+\u00a0%");
        }
    }

    /// A coefficient in KL² of 0.0003 is not 0.000.
    @Test
    void smallCoefficientsKeepTwoDigits() throws Exception {
        assertThat(Words.fixed(0.000312, Words.decimals(0.000312, 3))).isEqualTo("0.00031");
        assertThat(Words.fixed(-0.35, Words.decimals(-0.35, 3))).isEqualTo("−0.350");
        assertThat(Words.decimals(0, 3)).isEqualTo(3);
        assertThat(Words.decimals(1e-300, 3)).isEqualTo(10);
        Element fits = elements(parse(Files.readString(written.index())), "section").stream()
                .filter(section -> section.getAttribute("id").equals("fits"))
                .findFirst()
                .orElseThrow();
        List<String> coefficients = new ArrayList<>();
        for (int k = 0; k < fits.getElementsByTagName("td").getLength(); k++) {
            if (k % 11 == 6 || k % 11 == 7) {
                coefficients.add(fits.getElementsByTagName("td").item(k).getTextContent());
            }
        }
        assertThat(coefficients)
                .isNotEmpty()
                .noneMatch(words -> words.matches("−?0\\.000\\D.*"))
                .anyMatch(words -> words.matches("−?0\\.00\\d\\d.*"));
    }

    /// The words beside a legend's mark name it; a screen reader reads them once.
    @Test
    void legendMarksAreSilent() throws Exception {
        List<Element> marks = elements(parse(Files.readString(written.index())), "ul").stream()
                .filter(list -> list.getAttribute("class").equals("legend"))
                .flatMap(list -> Stream.iterate(
                                0, k -> k < list.getElementsByTagName("svg").getLength(), k -> k + 1)
                        .map(k -> (Element) list.getElementsByTagName("svg").item(k)))
                .toList();
        assertThat(marks).isNotEmpty().allSatisfy(mark -> {
            assertThat(mark.getAttribute("aria-hidden")).isEqualTo("true");
            assertThat(mark.hasAttribute("aria-label")).isFalse();
            assertThat(mark.hasAttribute("role")).isFalse();
        });
    }

    /// Best of n has no training of which a share were done, and no implicit reward.
    @Test
    void bestOfNSpeaksOfItsN(@TempDir Path folder) throws Exception {
        List<Point> points = new ArrayList<>();
        points.add(SyntheticStudy.quick().points().getFirst());
        Point.Cell cell =
                new Point.Cell("bon", Method.BEST_OF_N, "best-of-n", Double.NaN, "S", 31_000, 1, "proxy", null);
        for (int n = 1; n <= 4; n *= 2) {
            points.add(new Point(
                    cell,
                    n,
                    n / 4.0,
                    new Evaluation(
                            Evaluation.Kl.of(Estimate.exact(BestOfN.kl(n))),
                            Evaluation.Rewards.of(
                                    new Estimate(n == 2 ? 1 : 0.5, 0.01), new Estimate(n, 0.01), Concordance.MISSING),
                            Evaluation.HeldOut.MISSING,
                            Evaluation.Responses.of(64))));
        }
        Files.createDirectories(folder.resolve("report"));
        PointsCsv.write(StudyFiles.points(folder), points);
        ResponseSample.write(
                ResponseSample.file(folder.resolve("runs").resolve("bon"), 2),
                List.of(new ResponseSample("review hotel :", "the room was superb .", 1, 1, 0.2, 0, 6)));
        String page = Files.readString(StudyReport.write(folder, REPLICAS).index());
        assertThat(page)
                .contains(
                        "Best of n at n = 2: gold reward 1.00",
                        "n\u00a0=\u00a02",
                        "seed 1, n = 2 ·",
                        "KL 0.2 · 6 tokens")
                .doesNotContain("of training ·", "50\u00a0% of training", "implicit 0.00");
        try (Stream<Path> drawings = Files.list(folder.resolve("report").resolve("figures"))) {
            assertThat(drawings.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".svg"))
                            .map(name -> "<figure id=\"" + name.replace(".svg", "") + "\">"))
                    .as("figures that were drawn are on the page")
                    .contains("<figure id=\"gold-proxy\">")
                    .allSatisfy(figure -> assertThat(page).contains(figure));
        }
        assertThat(page).doesNotContain("aria-label=\": ");
    }

    /// Cells of a section that have a second line.
    private static long intervals(Document page, String section) {
        return elements(page, "section").stream()
                .filter(element -> element.getAttribute("id").equals(section))
                .flatMap(element -> Stream.iterate(
                                0, k -> k < element.getElementsByTagName("td").getLength(), k -> k + 1)
                        .map(k -> element.getElementsByTagName("td").item(k).getTextContent()))
                .filter(cell -> cell.contains(" to "))
                .count();
    }

    @Test
    void theSameFolderGivesTheSameBytes() throws IOException {
        byte[] page = Files.readAllBytes(written.index());
        byte[] fits = Files.readAllBytes(study.resolve("report").resolve("fits.json"));
        StudyReport.write(study, REPLICAS);
        assertThat(Files.readAllBytes(written.index())).isEqualTo(page);
        assertThat(Files.readAllBytes(study.resolve("report").resolve("fits.json")))
                .isEqualTo(fits);
    }

    @Test
    void theFitsRecoverTheLawThatTheStudyWasMadeWith() throws IOException {
        SyntheticStudy quick = SyntheticStudy.quick();
        List<FittedLaw> fits = LawFits.of(quick.points(), REPLICAS);
        for (SyntheticStudy.Objective objective : SyntheticStudy.OBJECTIVES) {
            FittedLaw fit = fits.stream()
                    .filter(law -> law.objective().equals(objective.name())
                            && law.reward().equals("gold")
                            && law.law().equals("rl"))
                    .findFirst()
                    .orElseThrow();
            assertThat(fit.coefficients().get(0).value())
                    .isCloseTo(objective.alpha(), org.assertj.core.data.Offset.offset(0.08));
            assertThat(fit.coefficients().get(1).value())
                    .isCloseTo(objective.lawBeta(), org.assertj.core.data.Offset.offset(0.08));
            assertThat(fit.points()).isEqualTo(60);
            assertThat(fit.runs()).isEqualTo(10);
        }
    }

    @Test
    void aFolderWithoutPointsIsRefusedInOneLine(@TempDir Path empty) {
        assertThatThrownBy(() -> StudyReport.write(empty))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no report/points.csv");
    }

    /// Two seeds whose SFT policies have the error 0.05 each: 0.05/√2.
    @Test
    void theErrorOfTheOriginIsNamed() throws IOException {
        assertThat(Files.readString(written.index()))
                .contains("Its standard error over prompts (S: 0.035; M: 0.035) moves all points of a size together");
    }

    @Test
    void pointsAloneMakeAReport(@TempDir Path folder) throws IOException {
        Files.createDirectories(folder.resolve("report"));
        PointsCsv.write(StudyFiles.points(folder), SyntheticStudy.quick().points());
        String page = Files.readString(StudyReport.write(folder, REPLICAS).index());
        assertThat(page).contains("not recorded").doesNotContain("id=\"responses\"", "id=\"training-loss\"");
    }

    private static List<Element> elements(Document document, String tag) {
        NodeList nodes = document.getElementsByTagName(tag);
        List<Element> elements = new ArrayList<>();
        for (int k = 0; k < nodes.getLength(); k++) {
            elements.add((Element) nodes.item(k));
        }
        return elements;
    }

    private static Document parse(String text) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }
}
