using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.NativeAot;
using Perfolizer.Horology;

namespace McpDevBench.Benchmarks;

/// <summary>What is measured, how long, and on which runtimes.</summary>
/// <param name="Job">full, short or dry.</param>
/// <param name="Rest">BenchmarkDotNet's own arguments.</param>
internal sealed record Plan(string Job, bool Jit, bool Aot, IReadOnlyList<string> Rest)
{
    /// <summary>The name of the job that runs the program as the product is published.</summary>
    public const string NativeAot = "AOT";

    public static Plan Parse(IReadOnlyList<string> arguments)
    {
        var plan = new Plan("full", true, true, []);
        var rest = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == "--job")
                plan = plan with { Job = Word(arguments, ++i, "full", "short", "dry") };
            else if (arguments[i] == "--runtime")
                plan = Word(arguments, ++i, "jit", "aot") == "jit" ? plan with { Aot = false } : plan with { Jit = false };
            else
                rest.Add(arguments[i]);
        }
        // Without a filter BenchmarkDotNet asks the person at the keyboard.
        return plan with { Rest = rest.Contains("--filter") || rest.Contains("-f") ? rest : [.. rest, "--filter", "*"] };
    }

    public IEnumerable<Job> Jobs()
    {
        // Short iterations: there are many benchmarks, and the ratio within one of them is what counts.
        var length = Job switch
        {
            "dry" => BenchmarkDotNet.Jobs.Job.Dry,
            "short" => BenchmarkDotNet.Jobs.Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(100)),
            _ => BenchmarkDotNet.Jobs.Job.Default.WithWarmupCount(4).WithIterationCount(12).WithIterationTime(
                TimeInterval.FromMilliseconds(150)),
        };
        if (Jit)
            yield return length.WithRuntime(CoreRuntime.Core10_0).WithId("JIT");
        if (Aot)
            yield return length.WithRuntime(NativeAotRuntime.Net10_0).WithToolchain(Toolchain()).WithId(NativeAot);
    }

    /// <summary>
    /// As the product is published: for size, and for every processor of its kind. The compiler's package is the SDK's own, from wherever
    /// packages come from.
    /// </summary>
    private static BenchmarkDotNet.Toolchains.IToolchain Toolchain() => NativeAotToolchain.CreateBuilder()
        .UseNuGet("", "")
        .IlcOptimizationPreference("Size")
        .IlcInstructionSet("")
        .TargetFrameworkMoniker("net10.0")
        .DisplayName("Native AOT")
        .ToToolchain();

    private static string Word(IReadOnlyList<string> arguments, int index, params string[] allowed) =>
        index < arguments.Count && allowed.Contains(arguments[index]) ? arguments[index] : throw new ArgumentException(
            $"{arguments[index - 1]} is one of {string.Join(", ", allowed)}.");
}
