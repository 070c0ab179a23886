using System.Xml.Linq;
using McpDevBench.LoadTests.Charts;

namespace McpDevBench.Tests.LoadTests;

public sealed class ChartTests
{
    [Fact]
    public void On_the_axis_of_percentiles_each_further_nine_is_as_wide_as_the_one_before()
    {
        var scale = Scale.Percentiles(99.9);
        Assert.Equal(0, scale.Position(0), 6);
        Assert.Equal(1 / 3.0, scale.Position(90), 6);
        Assert.Equal(2 / 3.0, scale.Position(99), 6);
        Assert.Equal(1, scale.Position(99.9), 6);
        Assert.Equal(["0 %", "50 %", "90 %", "99 %", "99.9 %"], scale.Ticks.Select(tick => tick.Label));
    }

    [Theory]
    [InlineData("s", 0.00123, "1.23 ms")]
    [InlineData("bytes", 1536, "1.5 KiB")]
    [InlineData("percentunit", 0.999, "99.9 %")]
    [InlineData("none", double.NaN, "–")]
    public void A_number_is_written_in_its_unit(string unit, double value, string text) => Assert.Equal(text, new Unit(unit).Format(value));

    [Fact]
    public void A_chart_is_a_picture_with_its_names_and_without_what_a_name_could_break()
    {
        var svg = new Svg(600, 300, Theme.Dark);
        new LineChart(
            "<Title> & more", [new Series("\"series\"", [(0, 1), (1, double.NaN), (2, 3)])], Scale.Time(0, 2, 4, at => $"{at}"),
            Scale.Linear(0, 3, Unit.Plain, 3)).Draw(svg, new Box(0, 0, 600, 300));
        Assert.Contains("<Title> & more", Texts(svg));
        Assert.Contains("\"series\"", Texts(svg));
    }

    [Fact]
    public void A_chart_without_points_says_so()
    {
        var svg = new Svg(600, 300, Theme.Light);
        new LineChart("Empty", [], Scale.Time(0, 1, 1, _ => ""), Scale.Linear(0, 1, Unit.Plain, 1)).Draw(svg, new Box(0, 0, 600, 300));
        Assert.Contains("no data", Texts(svg));
    }

    private static List<string> Texts(Svg svg) =>
        [.. XDocument.Parse(svg.ToString()).Descendants().Where(
            element => element.Name.LocalName == "text").Select(element => element.Value)];
}
