using System.Security.Cryptography;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.Agent;

/// <summary>Archives that must be failed, with the status that says why.</summary>
internal static class HostileArchives
{
    public static TheoryData<string, byte[], AgentStatus> All() => new()
    {
        { "an absolute name", new TarBuilder().Add("/tmp/evil", "x").End(), AgentStatus.PathDenied },
        { "a name that climbs", new TarBuilder().Add("a/../../evil", "x").End(), AgentStatus.PathDenied },
        { "a pax name that climbs", new TarBuilder().Pax(("path", "../evil")).Add("ok", "x").End(), AgentStatus.PathDenied },
        { "a long name that climbs", new TarBuilder().Add("long", "../evil\0", 'L').Add("ok", "x").End(), AgentStatus.PathDenied },
        {
            "a prefix that climbs",
            new TarBuilder().Add("evil", "x", spoil: header => "../.."u8.CopyTo(header.AsSpan(345))).End(),
            AgentStatus.PathDenied
        },
        {
            "an entry through an absolute link",
            new TarBuilder().Add("l", type: '2', link: "/tmp").Add("l/evil", "x").End(),
            AgentStatus.PathDenied
        },
        {
            "an entry through a link that climbs",
            new TarBuilder().Add("d/l", type: '2', link: "../..").Add("d/l/evil", "x").End(),
            AgentStatus.PathDenied
        },
        {
            "an entry through a link inside",
            new TarBuilder().Add("d/", type: '5').Add("l", type: '2', link: "d").Add("l/evil", "x").End(),
            AgentStatus.PathDenied
        },
        {
            "a directory over a link",
            new TarBuilder().Add("l", type: '2', link: "/tmp").Add("l/", type: '5').End(),
            AgentStatus.PathDenied
        },
        { "an empty link", new TarBuilder().Add("l", type: '2').End(), AgentStatus.Invalid },
        {
            "a hard link through a link",
            new TarBuilder().Add("l", type: '2', link: "/etc").Add("h", type: '1', link: "l/passwd").End(),
            AgentStatus.PathDenied
        },
        { "a hard link to the outside", new TarBuilder().Add("l", type: '1', link: "/etc/passwd").End(), AgentStatus.PathDenied },
        { "a hard link that climbs", new TarBuilder().Add("l", type: '1', link: "../x").End(), AgentStatus.PathDenied },
        { "a hard link to nothing", new TarBuilder().Add("l", type: '1', link: "missing").End(), AgentStatus.PathDenied },
        { "a name with NUL", new TarBuilder().Pax(("path", "a\0b")).Add("ok", "x").End(), AgentStatus.Invalid },
        { "a file over a directory", new TarBuilder().Add("d/", type: '5').Add("d", "x").End(), AgentStatus.IsADirectory },
        { "a directory over a file", new TarBuilder().Add("f", "x").Add("f/", type: '5').End(), AgentStatus.NotADirectory },
        {
            "a negative size",
            new TarBuilder().Add("f", "x", spoil: header => header.AsSpan(124, 12).Fill(0xff)).End(),
            AgentStatus.Invalid
        },
        {
            "an enormous size",
            new TarBuilder().Add("f", "x", spoil: header =>
            {
                header.AsSpan(124, 12).Clear();
                header[124] = 0x80;
                header[127] = 0xff;
            }).End(),
            AgentStatus.Invalid
        },
        { "a size beyond the limit", new TarBuilder().Add("f", "x", size: 1L << 31).End(), AgentStatus.TooLarge },
        { "a negative pax size", new TarBuilder().Pax(("size", "-5")).Add("f", "x").End(), AgentStatus.Invalid },
        { "a broken pax record", new TarBuilder().Add("pax", "99 path=x\n", 'x').Add("f", "x").End(), AgentStatus.Invalid },
        { "a pax record without end", new TarBuilder().Add("pax", "7 a=b c", 'x').Add("f", "x").End(), AgentStatus.Invalid },
        { "a huge extended header", new TarBuilder().Add("pax", new string('x', 70_000), 'x').End(), AgentStatus.TooLarge },
        { "a wrong checksum", Spoil(new TarBuilder().Add("f", "x").End(), 0), AgentStatus.Invalid },
        {
            "letters in a number",
            new TarBuilder().Add("f", "x", spoil: header => "zzz"u8.CopyTo(header.AsSpan(124))).End(),
            AgentStatus.Invalid
        },
        { "a sparse member", new TarBuilder().Add("f", "x", type: 'S').End(), AgentStatus.Invalid },
        { "a pax sparse member", new TarBuilder().Pax(("GNU.sparse.major", "1")).Add("f", "x").End(), AgentStatus.Invalid },
        { "nothing", [], AgentStatus.Invalid },
        { "no end mark", new TarBuilder().Add("f", "x").Unfinished(), AgentStatus.Invalid },
        { "half a header", new byte[300], AgentStatus.Invalid },
        { "content that ends too early", new TarBuilder().Add("f", "x", size: 5_000).Unfinished(), AgentStatus.Invalid },
        { "noise", RandomNumberGenerator.GetBytes(2_048), AgentStatus.Invalid },
    };

    private static byte[] Spoil(byte[] archive, int at)
    {
        archive[at] ^= 1;
        return archive;
    }
}
