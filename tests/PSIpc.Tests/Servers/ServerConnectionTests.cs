using System.Management.Automation;

namespace PSIpc.Tests;

/// <summary>Connecting to a server, by name and address, and what goes wrong with it. A password is never shown.</summary>
[Collection(ServerCollection.Channels)]
public sealed class ServerConnectionTests(RabbitBroker broker) : ServerTest(broker)
{
    private const string Wrong = "not-the-password";

    [Fact]
    public void A_server_has_a_name_and_says_what_it_is()
    {
        object?[] output = Session.RunCleanly($$"""
            $s = Get-IpcServer {{ServerName}}
            [object]::ReferenceEquals($s, $server); $s.IsConnected; $s.UserName; $s.VirtualHost; $s.Product -like 'RabbitMQ [0-9]*'; $s.IsSecured; "$s"
            (Get-IpcServer {{ServerName[..8]}}*).Name
            Disconnect-IpcServer {{ServerName}} -WhatIf
            $s.IsConnected
            Disconnect-IpcServer {{ServerName}}
            $s.IsConnected
            """);
        Assert.Equal([true, true, RabbitBroker.User, "/", true, false, ServerName, ServerName, true, false], output);
        Fails($"Get-IpcServer {ServerName}", "IpcNotFound", ErrorCategory.ObjectNotFound);
        Fails("New-IpcQueue -Server $s", "IpcClosed", ErrorCategory.ResourceUnavailable);
    }

    [Fact]
    public void A_name_is_taken_once()
    {
        ErrorRecord error = Session.RunForError("Connect-IpcServer $uri -Name $serverName");
        Assert.StartsWith("IpcAlreadyExists,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://psipc:not-the-password@127.0.0.1:PORT", "IpcAuthenticationFailed", ErrorCategory.AuthenticationError)]
    [InlineData("amqp://nobody:not-the-password@127.0.0.1:PORT", "IpcAuthenticationFailed", ErrorCategory.AuthenticationError)]
    [InlineData("amqp://psipc:not-the-password@127.0.0.1:1", "IpcNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("amqp://psipc:not-the-password@no-such-host.invalid", "IpcNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("amqps://psipc:not-the-password@127.0.0.1:PORT", "IpcAuthenticationFailed", ErrorCategory.AuthenticationError)]
    [InlineData("http://psipc:not-the-password@127.0.0.1:PORT", "IpcInvalidArgument", ErrorCategory.InvalidArgument)]
    [InlineData("amqp://psipc:not-the-password@", "IpcInvalidArgument", ErrorCategory.InvalidArgument)]
    public void What_is_wrong_with_a_connection_is_told_without_the_password(string uri, string id, ErrorCategory category)
    {
        ErrorRecord error = Fails($"Connect-IpcServer '{uri.Replace("PORT", $"{Broker.Port}", StringComparison.Ordinal)}' -Name other -Timeout 60", id, category);
        Assert.DoesNotContain(Wrong, $"{error} {error.TargetObject} {error.Exception} {error.CategoryInfo}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Get-IpcQueue q -Server 'amqp+tls://psipc:not-the-password@127.0.0.1'")]
    [InlineData("New-IpcQueue -Server 'http://psipc:not-the-password@127.0.0.1'")]
    [InlineData("Disconnect-IpcServer 'http://psipc:not-the-password@127.0.0.1'")]
    public void A_wrong_address_is_not_shown_with_its_password(string script)
    {
        ErrorRecord error = Session.RunForError(script);
        Assert.DoesNotContain(Wrong, $"{error} {error.TargetObject} {error.Exception} {error.CategoryInfo}", StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_nodes_any_that_is_there_is_taken()
    {
        object?[] output = Session.RunCleanly("""
            $cluster = Connect-IpcServer amqp://127.0.0.1:1, $uri, amqp://127.0.0.1:2 -Name cluster -Credential ([pscredential]::new($server.UserName, $secret))
            $cluster.IsConnected; $cluster.Uri; $cluster.Nodes.Count
            $q = New-IpcQueue -Server cluster; Send-IpcMessage $q 1
            Start-IpcProcess { Receive-IpcMessage $using:q } | Wait-IpcProcess | Receive-IpcProcess
            Remove-IpcQueue $q; Disconnect-IpcServer cluster
            """, ("secret", new System.Net.NetworkCredential("", RabbitBroker.Password).SecurePassword));
        Assert.Equal([true, "amqp://psipc@127.0.0.1:1/%2F", 3, 1], output);
        ErrorRecord error = Fails("Connect-IpcServer amqp://127.0.0.1:1, amqp://127.0.0.1:2 -Name none", "IpcNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains(":1/%2F or amqp", error.Exception.Message, StringComparison.Ordinal);
        Fails("Connect-IpcServer amqp://localhost, amqps://localhost", "IpcInvalidArgument", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void A_virtual_host_that_there_is_not_is_not_found()
    {
        ErrorRecord error = Fails("Connect-IpcServer \"$uri/nowhere\" -Name other", "IpcNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains("nowhere", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_credential_is_used_and_never_shown()
    {
        object?[] output = Session.RunCleanly(
            """
            $secret = [securestring]::new()
            $password.ToCharArray() | ForEach-Object { $secret.AppendChar($_) }
            $c = Connect-IpcServer $plain -Credential ([pscredential]::new('psipc', $secret)) -Name "$serverName-c" -Verbose 4>&1
            $message = @($c)[0]; $c = @($c)[1]
            "$message"; "$c"; $c.Uri; $c | ForEach-Object { $_.PSObject.Properties } | ForEach-Object { "$($_.Value)" }
            ConvertTo-IpcData $c -Serializer Json | ForEach-Object { [Text.Encoding]::UTF8.GetString($_) }
            $q = New-IpcQueue -Server $c
            $q.Reference.Directory; [Text.Encoding]::UTF8.GetString((ConvertTo-IpcData $q -Serializer Json))
            Remove-IpcQueue $q
            Disconnect-IpcServer $c
            """,
            ("plain", Broker.Uri),
            ("password", RabbitBroker.Password));
        string all = string.Join('\n', output);
        Assert.Contains("psipc@127.0.0.1", all, StringComparison.Ordinal);
        Assert.DoesNotContain("a pass", all, StringComparison.Ordinal);
        Assert.DoesNotContain("pass%2Fword", all, StringComparison.Ordinal);
    }

    [Fact]
    public void Servers_and_what_is_open_on_them_complete()
    {
        Session.RunCleanly($"$q = New-IpcQueue {Name} -Server $server");
        Assert.Contains(ServerName, Session.Complete($"New-IpcQueue -Server {ServerName[..7]}"));
        Assert.Contains(ServerName, Session.Complete($"Get-IpcServer {ServerName[..7]}"));
        Assert.Equal([Name], Session.Complete($"Get-IpcQueue -Server {ServerName} -Name {Name[..4]}"));
        Assert.Empty(Session.Complete($"Get-IpcTopic -Server {ServerName} -Name {Name[..4]}"));
    }

    [Fact]
    public void A_server_is_given_as_an_object_by_name_or_by_address()
    {
        object?[] output = Session.RunCleanly($"$null = New-IpcQueue {Name} -Server $server; (Get-IpcQueue {Name} -Server {ServerName}).Name; (Get-IpcQueue {Name} -Server $uri).Name");
        Assert.Equal([Name, Name], output);
        Fails($"Get-IpcQueue {Name} -Server nowhere", "IpcNotFound", ErrorCategory.ObjectNotFound);
        Fails($"Get-IpcQueue {Name} -Server 42", "IpcInvalidArgument", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void What_is_on_a_server_that_a_process_does_not_know_is_an_error_that_says_so()
    {
        // The reference of a queue of a server that this session is not connected to, as it would come from another process.
        ErrorRecord error = Fails(
            "$data = [Text.Encoding]::UTF8.GetBytes('{\"$ipc\":{\"kind\":1,\"name\":\"orders\",\"directory\":\"amqp://someone@elsewhere:5672/%2F\",\"part\":0}}'); Send-IpcMessage (ConvertFrom-IpcData $data -Serializer Json) 1",
            "IpcNotFound",
            ErrorCategory.ObjectNotFound);
        Assert.Contains("amqp://someone@elsewhere:5672/%2F", error.Exception.Message, StringComparison.Ordinal);
    }
}
