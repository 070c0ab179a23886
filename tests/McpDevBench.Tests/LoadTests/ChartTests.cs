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

    [Fact]
    public void The_axis_of_percentiles_ends_where_the_data_end() => Assert.Equal(1, Scale.Percentiles(97).Position(97), 6);

    [Theory]
    [InlineData(0, 0.73, "none", 5, "0", "0.2", "0.4", "0.6", "0.8")]
    [InlineData(0, 0, "none", 4, "0", "0.25", "0.5", "0.75", "1")]
    [InlineData(0, 3000, "ops", 3, "0/s", "1 k/s", "2 k/s", "3 k/s")]
    [InlineData(-40, 100, "percent", 3, "-50 %", "0 %", "50 %", "100 %")]
    [InlineData(0, 200_000_000, "bytes", 3, "0 B", "64 MiB", "128 MiB", "192 MiB")]
    public void An_axis_has_round_numbers(double minimum, double maximum, string unit, int steps, params string[] labels) =>
        Assert.Equal(labels, Scale.Linear(minimum, maximum, new Unit(unit), steps).Ticks.Select(tick => tick.Label));

    [Fact]
    public void A_logarithmic_axis_has_the_powers_of_ten()
    {
        var scale = Scale.Logarithmic(0.004, 0.7, Unit.Seconds);
        Assert.Equal(["1 ms", "10 ms", "100 ms", "1 s"], scale.Ticks.Select(tick => tick.Label));
        Assert.Equal(1 / 3.0, scale.Position(0.01), 6);
    }

    [Theory]
    [InlineData("s", 0.00123, "1.23 ms")]
    [InlineData("s", 7200, "2 h")]
    [InlineData("ms", 1500, "1.5 s")]
    [InlineData("bytes", 1536, "1.5 KiB")]
    [InlineData("Bps", 1500, "1.5 kB/s")]
    [InlineData("percentunit", 0.999, "99.9 %")]
    [InlineData("reqps", 0, "0 req/s")]
    [InlineData("short", 1_234_567, "1.23 M")]
    [InlineData("none", double.NaN, "–")]
    [InlineData("suffix:things", 3, "3 things")]
    public void A_number_is_written_in_its_unit(string unit, double value, string text) => Assert.Equal(text, new Unit(unit).Format(value));

    [Fact]
    public void Decimals_are_as_many_as_somebody_wants() => Assert.Equal("99.90 %", new Unit("percentunit", 2).Format(0.999));

    [Fact]
    public void A_legend_that_has_no_room_says_how_many_it_leaves_out()
    {
        var entries = Enumerable.Range(0, 30).Select(number => new LegendEntry($"series {number}", "", "red")).ToList();
        var legend = Legend.Layout(entries, width: 300, height: 40);
        Assert.True(legend.Height <= 40);
        var svg = new Svg(300, 100, Theme.Light);
        legend.Draw(svg, 0, 0);
        var texts = Texts(svg);
        Assert.Equal($"and {30 - (texts.Count - 1)} more", texts[^1]);
    }

    [Fact]
    public void A_chart_is_a_picture_with_its_names_and_without_what_a_name_could_break()
    {
        var svg = new Svg(600, 300, Theme.Dark);
        new LineChart("<Title> & more", [new Series("\"series\"", [(0, 1), (1, double.NaN), (2, 3)])], Scale.Time(0, 2, 4, at => $"{at}"), Scale.Linear(0, 3, Unit.Plain, 3)).Draw(svg, new Box(0, 0, 600, 300));
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

    private static List<string> Texts(Svg svg) => [.. XDocument.Parse(svg.ToString()).Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value)];
}
