using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Workspaces;

public sealed class EngineChecksTests
{
    [Theory]
    [InlineData("1.1.5+ds1-1+deb12u1", true)]
    [InlineData("1.2.7", true)]
    [InlineData("v1.0.0-rc92", true)]
    [InlineData("1.2.8", false)]
    [InlineData("1.3.3-0ubuntu1", false)]
    [InlineData("1.4.0-rc.3", false)]
    [InlineData("unknown", false)]
    [InlineData(null, false)]
    public void An_old_runc_is_known_by_its_number(string? version, bool isOld) => Assert.Equal(isOld, EngineChecks.IsOld(version));
}
