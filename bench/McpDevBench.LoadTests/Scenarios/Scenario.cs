using McpDevBench.LoadTests.Load;

namespace McpDevBench.LoadTests.Scenarios;

/// <summary>Something that visitors do, and how many parts of all visits it has.</summary>
internal sealed record Operation(double Parts, Func<Visit, Task> RunAsync);

/// <summary>A kind of load.</summary>
/// <param name="Name">As it is called on the command line.</param>
/// <param name="Title">What happens, in a few words.</param>
/// <param name="Rate">Operations a second, unless the command line says otherwise: few enough for two processors that are shared with
/// others.</param>
/// <param name="Mix">The operations.</param>
internal sealed record Scenario(string Name, string Title, double Rate, IReadOnlyList<Operation> Mix)
{
    /// <summary>An operation by chance, each as often as its parts say.</summary>
    public Operation Draw(Random random)
    {
        var left = random.NextDouble() * Mix.Sum(operation => operation.Parts);
        return Mix.FirstOrDefault(operation => (left -= operation.Parts) < 0) ?? Mix[^1];
    }
}
