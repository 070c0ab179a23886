using System.Text;
using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Workspaces;

public sealed class UserDatabaseTests
{
    [Fact]
    public void An_image_without_users_gets_root_and_ours() =>
        Expect(
            null, null, "dev", "root:x:0:0:root:/root:/sbin/nologin\ndev:x:1000:1000:dev:/home/dev:/bin/sh\n", "root:x:0:\ndev:x:1000:\n");

    [Fact]
    public void Other_entries_stay_as_they_are() =>
        Expect("root:x:0:0:root:/root:/bin/bash\nwww:x:33:33::/var/www:", "root:x:0:\nwww:x:33:a,b", "dev",
            "root:x:0:0:root:/root:/bin/bash\nwww:x:33:33::/var/www:\ndev:x:1000:1000:dev:/home/dev:/bin/sh\n",
            "root:x:0:\nwww:x:33:a,b\ndev:x:1000:\n");

    [Fact]
    public void A_user_1000_keeps_its_name_and_moves_into_the_home_directory() =>
        Expect(
            "node:x:1000:100:Node,,,:/home/node:/bin/false\n", "users:x:100:\n", "node", "node:x:1000:1000:Node,,,:/home/dev:/bin/sh\n",
            "users:x:100:\nnode:x:1000:\n");

    [Fact]
    public void A_group_1000_keeps_its_name() =>
        Expect("", "staff:x:1000:\n", "dev", "dev:x:1000:1000:dev:/home/dev:/bin/sh\n", "staff:x:1000:\n");

    [Fact]
    public void A_name_that_is_taken_is_not_used_twice() =>
        Expect(
            "dev:x:5:5::/:\n", "dev1:x:5:\n", "dev2", "dev:x:5:5::/:\ndev2:x:1000:1000:dev2:/home/dev:/bin/sh\n",
            "dev1:x:5:\ndev2:x:1000:\n");

    [Fact]
    public void Lines_that_are_not_entries_stay()
    {
        var odd = "+::::::\n:x:1000:1000::/:\n1000\n\u00ff\u00fe:x\n";
        Expect(odd, odd, "dev", odd + "dev:x:1000:1000:dev:/home/dev:/bin/sh\n", odd + "dev:x:1000:\n");
    }

    private static void Expect(string? passwd, string? group, string name, string mergedPasswd, string mergedGroup)
    {
        var merged = UserDatabase.Merge(
            passwd is null ? null : Encoding.Latin1.GetBytes(passwd), group is null ? null : Encoding.Latin1.GetBytes(group), "/bin/sh");
        Assert.Equal(
            (name, mergedPasswd, mergedGroup),
            (merged.UserName, Encoding.Latin1.GetString([.. merged.PasswdHead, .. "1000"u8, .. merged.PasswdTail]),
                Encoding.Latin1.GetString(merged.Group)));
    }
}
