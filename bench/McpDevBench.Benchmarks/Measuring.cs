using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using McpDevBench.Benchmarks.Results;

namespace McpDevBench.Benchmarks;

/// <summary>Runs benchmarks and makes tables of what comes out.</summary>
internal static class Measuring
{
    /// <returns>A table for each class; null if something could not be measured.</returns>
    public static IReadOnlyList<ResultTable>? Run(Plan plan)
    {
        var config = ManualConfig.CreateEmpty()
            // One after the other: both runtimes' builds write the same intermediate files.
            .WithOptions(ConfigOptions.DisableParallelBuild)
            .WithBuildTimeout(TimeSpan.FromMinutes(15))
            .WithArtifactsPath(Path.Combine("artifacts", "benchmarks"))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogicalGroupRules(BenchmarkLogicalGroupRule.ByCategory)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddAnalyser(DefaultConfig.Instance.GetAnalysers().ToArray())
            .AddLogger(ConsoleLogger.Default)
            .AddJob([.. plan.Jobs()]);
        var summaries = BenchmarkSwitcher.FromAssembly(typeof(Measuring).Assembly).Run([.. plan.Rest], config).ToArray();
        return summaries.Length > 0
           
               
                   
                        && summaries.All(summary => summary.Reports.Length == summary.BenchmarksCases.Length && summary.Reports.All(
                            report => report.ResultStatistics is not null))
            ? [.. summaries.Select(summary => Table(summary, plan.Job))]
            : null;
    }

    private static ResultTable Table(Summary summary, string job)
    {
        var first = summary.BenchmarksCases[0];
        var rows = summary.Reports
            .GroupBy(report => report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\''))
            .OrderBy(group => group.First().BenchmarkCase.Descriptor.MethodIndex)
            .Select(
                group =>
                    new ResultRow(
                        group.Key, group.First().BenchmarkCase.Descriptor.Baseline, Result(summary, group, aot: false),
                        Result(summary, group, aot: true)));
        var host = summary.HostEnvironmentInfo;
        return new(first.Descriptor.Type.Name, [.. rows],
            FormattableString.Invariant($"A {job} run, {DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime):yyyy-MM-dd}, .NET {Environment.Version}, {host.Cpu.Value?.ProcessorName}, {Environment.ProcessorCount} processors"));
    }

    private static Result? Result(Summary summary, IEnumerable<BenchmarkReport> reports, bool aot)
    {
        if (reports.FirstOrDefault(report => report.BenchmarkCase.Job.Id == Plan.NativeAot == aot) is not { ResultStatistics: { } statistics } report)
            return null;
        var baseline = summary.GetBaseline(summary.GetLogicalGroupKey(report.BenchmarkCase)) is { } other
            ? summary[other]?.ResultStatistics?.Median
            : null;
        return new(statistics.Median, statistics.Median / baseline, report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase)
            ?? 0);
    }
}
