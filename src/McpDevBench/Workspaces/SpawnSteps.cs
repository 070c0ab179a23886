using McpDevBench.Observability.Traces;

namespace McpDevBench.Workspaces;

/// <summary>
/// The steps of a spawn, one after another, as metrics and the trace show them. One that neither another one nor <see cref="Done"/> follows
/// has failed.
/// </summary>
/// <param name="done">Called with the name and the duration of each step that succeeded.</param>
internal sealed class SpawnSteps(Action<string, TimeSpan> done, TimeProvider time) : IDisposable
{
    private static readonly string[] _names = [.. Enum.GetNames<SpawnPhase>().Select(name => name.ToLowerInvariant())];

    private SpawnPhase? _phase;
    private Span _span;
    private long _began;

    /// <summary>The step before is done, and this one begins.</summary>
    public void Next(SpawnPhase phase)
    {
        Done();
        (_phase, _began, _span) = (phase, time.GetTimestamp(), Spans.SpawnPhase(_names[(int)phase]));
    }

    public void Done()
    {
        if (_phase is not { } phase)
            return;
        done(_names[(int)phase], time.GetElapsedTime(_began));
        _span.Dispose();
        _phase = null;
    }

    public void Dispose()
    {
        if (_phase is null)
            return;
        _span.Unfinished();
        _span.Dispose();
        _phase = null;
    }
}
