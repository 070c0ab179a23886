using System.Diagnostics;
using OpenTelemetry.Trace;

namespace McpDevBench.Observability.Traces;

/// <summary>
/// Samples a trace that begins with a link as the linked span was: a command with the call that started it. Others are left to
/// <paramref name="others"/>.
/// </summary>
internal sealed class LinkedSampler(Sampler others) : Sampler
{
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        foreach (var link in samplingParameters.Links ?? [])
            return new SamplingResult(link.Context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded));
        return others.ShouldSample(samplingParameters);
    }
}
