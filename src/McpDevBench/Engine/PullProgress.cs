using System.Globalization;

namespace McpDevBench.Engine;

/// <summary>How far a pull is.</summary>
/// <param name="LayersDone">Layers that are unpacked, or were there before.</param>
/// <param name="Layers">Layers that the registry has named so far.</param>
/// <param name="Bytes">Bytes downloaded.</param>
/// <param name="TotalBytes">Bytes of the layers whose size is known; more become known as downloads begin.</param>
/// <param name="Fraction">From 0 to 1; never less than in an earlier state of the same pull.</param>
internal readonly record struct PullState(int LayersDone, int Layers, long Bytes, long TotalBytes, double Fraction)
{
    public override string ToString() => Layers == 0
        ? "Asking the registry"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{LayersDone} of {Plural.Of(Layers, "layer")}, {Bytes / 1e6:0.0} of {TotalBytes / 1e6:0.0} MB");
}

/// <summary>Adds up the engine's messages about each layer of one pull. Safe for use by several threads.</summary>
internal sealed class PullProgress
{
    /// <summary>The share of a layer's work that is its download; the rest is unpacking it.</summary>
    private const double DownloadShare = 0.7;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Layer> _layers = new(StringComparer.Ordinal);
    private double _fraction;

    /// <summary>Raised after each message, outside of any lock.</summary>
    public event Action<PullState>? Changed;

    /// <summary>Takes one message of the engine's pull stream.</summary>
    /// <param name="id">The layer; empty for a message about the pull as a whole.</param>
    /// <param name="current">Bytes so far, of the download or of the unpacking; 0 if the message names none.</param>
    /// <param name="total">Bytes in all; 0 if unknown.</param>
    public void Report(string? id, string? status, long current, long total)
    {
        PullState state;
        lock (_lock)
        {
            if (id is { Length: > 0 } && Next(status) is { } step)
                _layers[id] = _layers.GetValueOrDefault(id).Advance(step, current, total);
            state = State();
        }
        Changed?.Invoke(state);
    }

    private PullState State()
    {
        if (_layers.Count > 0)
            _fraction = Math.Max(_fraction, _layers.Values.Sum(layer => layer.Fraction) / _layers.Count);
        return new PullState(
            _layers.Values.Count(layer => layer.Step == Step.Done), _layers.Count, _layers.Values.Sum(layer => layer.Bytes),
            _layers.Values.Sum(layer => layer.Total), _fraction);
    }

    /// <summary>
    /// Null for a message that is not about a layer's progress, such as "Pulling from library/busybox", whose id is the tag.
    /// </summary>
    private static Step? Next(string? status) => status switch
    {
        "Pulling fs layer" or "Waiting" => Step.Waiting,
        "Downloading" => Step.Downloading,
        "Verifying Checksum" or "Download complete" => Step.Downloaded,
        "Extracting" => Step.Extracting,
        "Pull complete" or "Already exists" => Step.Done,
        _ => null,
    };

    private enum Step
    {
        Waiting,
        Downloading,
        Downloaded,
        Extracting,
        Done,
    }

    private readonly record struct Layer(Step Step, long Bytes, long Total, double Extracted)
    {
        public double Fraction => Step switch
        {
            Step.Waiting => 0,
            Step.Downloading => Total > 0 ? DownloadShare * Bytes / Total : 0,
            Step.Done => 1,
            _ => DownloadShare + ((1 - DownloadShare) * Extracted),
        };

        /// <summary>Steps go forward only, except that an interrupted download begins again.</summary>
        public Layer Advance(Step step, long current, long total) => step switch
        {
            Step.Downloading => this with { Step = step, Bytes = current, Total = Math.Max(total, current) },
            Step.Downloaded => this with { Step = step, Bytes = Total },
            Step.Extracting => this with { Step = step, Bytes = Total, Extracted = total > 0 ? Math.Min(1, (double)current / total) : 0 },
            Step.Done => this with { Step = step, Bytes = Total, Extracted = 1 },
            _ => this with { Step = step },
        };
    }
}
