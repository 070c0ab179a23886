using System.Reflection;
using Xunit.v3;

namespace McpDevBench.EndToEndTests.Attacks;

/// <summary>
/// A test that attacks the server. Its result is a row of the table that <c>make attack</c> prints. Tests with this attribute run alone
/// with <c>-trait kind=attack</c>.
/// </summary>
/// <param name="attack">What the attacker does, in a few words.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AttackAttribute(string attack) : BeforeAfterTestAttribute, ITraitAttribute
{
    /// <summary>A file that gets a row for each attack: <c>held|FELL \t attack \t figures</c>. Without it nothing is written.</summary>
    private const string ReportVariable = "DEVBENCH_ATTACK_REPORT";

    private static readonly Lock _file = new();

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("kind", "attack")];

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (Environment.GetEnvironmentVariable(ReportVariable) is not { Length: > 0 } path)
            return;
        var held = TestContext.Current.TestState?.Result == TestResult.Passed;
        var cases = test.TestMethodArguments is { Length: > 0 } arguments ? $" ({string.Join(", ", arguments)})" : "";
        var row = $"{(held ? "held" : "FELL")}\t{attack}{cases}\t{AttackFigures.OfCurrentTest}\n";
        lock (_file)
            File.AppendAllText(path, row);
    }
}
