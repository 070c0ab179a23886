using System.Globalization;

namespace McpDevBench.Benchmarks.Results;

/// <summary>Holds what was measured against what was recorded. Times are never compared: they are the machine's.</summary>
internal static class Comparison
{
    /// <summary>A ratio may become so many times larger: measured again on a busy machine, it moves that much by itself.</summary>
    public const double MaxRatio = 1.5;

    /// <summary>And by less than this it is noise whatever the factor.</summary>
    public const double MinRatio = 0.1;

    /// <summary>An allocation may become so many times larger, because buffers are shared and grow.</summary>
    public const double MaxBytes = 1.1;

    /// <summary>And by this: a share of what other threads allocate meanwhile. The smallest object is larger.</summary>
    public const int MinBytes = 8;

    /// <returns>A sentence for each method that became worse or was never recorded.</returns>
    public static IEnumerable<string> Worse(ResultTable recorded, ResultTable measured)
    {
        foreach (var row in measured.Rows)
        {
            var before = recorded.Rows.FirstOrDefault(other => other.Method == row.Method);
            foreach (
                var sentence in Worse(before?.Jit, row.Jit).Select(sentence => $"on the JIT {sentence}").Concat(
                    Worse(before?.Aot, row.Aot).Select(sentence => $"on Native AOT {sentence}")))
                yield return $"{measured.Name}, {row.Method}: {sentence}";
        }
    }

    private static IEnumerable<string> Worse(Result? before, Result? now)
    {
        if (now is null)
            yield break;
        if (before is null)
        {
            yield return "it was never recorded: run scripts/bench.sh record.";
            yield break;
        }
        if (now.Bytes > (before.Bytes * MaxBytes) + MinBytes)
            yield return string.Create(CultureInfo.InvariantCulture, $"it allocates {now.Bytes} bytes instead of {before.Bytes}.");
        if (now.Ratio > before.Ratio * MaxRatio && now.Ratio > before.Ratio + MinRatio)
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"it takes {now.Ratio:0.00} times as long as what it is measured against, instead of {before.Ratio:0.00} times.");
    }
}
