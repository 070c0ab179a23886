using System.Globalization;

namespace McpDevBench.LoadTests.Charts;

/// <summary>How numbers of a kind are written. The kinds are called as Grafana calls them.</summary>
internal sealed record Unit(string Name, int? Decimals = null)
{
    private static readonly (double Size, string Word)[] _durations =
        [(86400, "d"), (3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")];
    private static readonly (double Size, string Word)[] _binary =
        [(1L << 40, "TiB"), (1L << 30, "GiB"), (1L << 20, "MiB"), (1L << 10, "KiB"), (1, "B")];
    private static readonly (double Size, string Word)[] _decimal = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B")];
    private static readonly (double Size, string Word)[] _short = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, "")];

    public static Unit Seconds { get; } = new("s");

    public static Unit Bytes { get; } = new("decbytes");

    public static Unit PerSecond { get; } = new("ops");

    public static Unit Plain { get; } = new("none");

    /// <summary>Whether round numbers of it are powers of two.</summary>
    public bool IsBinary => Name is "bytes" or "binBps" or "bits" or "kbytes" or "mbytes";

    public string Format(double value)
    {
        if (double.IsNaN(value))
            return "–";
        if (double.IsInfinity(value))
            return value > 0 ? "∞" : "-∞";
        return Name switch
        {
            "s" or "dtdurations" => Scaled(value, _durations),
            "ms" or "dtdurationms" => Scaled(value / 1e3, _durations),
            "µs" => Scaled(value / 1e6, _durations),
            "bytes" => Scaled(value, _binary),
            "decbytes" => Scaled(value, _decimal),
            "Bps" => $"{Scaled(value, _decimal)}/s",
            "binBps" => $"{Scaled(value, _binary)}/s",
            "percentunit" => $"{Number(value * 100)} %",
            "percent" => $"{Number(value)} %",
            "reqps" => $"{Scaled(value, _short)} req/s",
            "ops" => $"{Scaled(value, _short)}/s",
            "cps" => $"{Scaled(value, _short)} c/s",
            "rps" or "wps" or "iops" or "eps" => $"{Scaled(value, _short)} {Name[..^2]}/s",
            "short" => Scaled(value, _short),
            "bool_yes_no" => value == 0 ? "no" : "yes",
            "bool_on_off" => value == 0 ? "off" : "on",
            "bool" => value == 0 ? "false" : "true",
            "dateTimeAsIso" or "dateTimeAsLocal" or "dateTimeFromNow" => DateTimeOffset.FromUnixTimeMilliseconds((long)value).ToString(
                "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            "" or "none" or "string" => Number(value),
            _ => $"{Number(value)} {Name.Replace("suffix:", "", StringComparison.Ordinal)}",
        };
    }

    private string Scaled(double value, (double Size, string Word)[] sizes)
    {
        if (value == 0)
            return $"0 {sizes.First(size => size.Size == 1).Word}".TrimEnd();
        var (size, word) = sizes.FirstOrDefault(size => Math.Abs(value) >= size.Size * 0.9995, sizes[^1]);
        return $"{Number(value / size)} {word}".TrimEnd();
    }

    /// <summary>Three digits that count, unless somebody wants so many decimals.</summary>
    private string Number(double value)
    {
        var decimals = Decimals ?? (value == 0 ? 0 : Math.Clamp(2 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 4));
        var text = value.ToString($"F{decimals}", CultureInfo.InvariantCulture);
        return Decimals is null && text.Contains('.') ? text.TrimEnd('0').TrimEnd('.') : text;
    }
}
