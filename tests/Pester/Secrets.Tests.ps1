BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Secrets' {
    AfterAll { Remove-TestObject }

    BeforeAll {
        $secure = [securestring]::new()
        'pässword'.ToCharArray() | ForEach-Object { $secure.AppendChar($_) }
        $cred = [pscredential]::new('me', $secure)
    }

    Context 'Between processes of this user' {
        It 'arrive as $using:, argument, item, result: in a pool' {
            Invoke-ProcessPool { ($using:cred).GetNetworkCredential().Password } | Should -BeExactly 'pässword'
            Invoke-ProcessPool { param([pscredential] $c) $c.GetNetworkCredential().Password } -ArgumentList $cred | Should -BeExactly 'pässword'
            $cred, $secure | Invoke-ProcessPool { $_.GetType().Name } | Should -Be 'PSCredential', 'SecureString'
            $back = $secure | Invoke-ProcessPool { [pscredential]::new('you', $_) }
            "$($back.UserName) $($back.GetNetworkCredential().Password)" | Should -BeExactly 'you pässword'
        }

        It 'arrive in tasks and processes, and come back' {
            Start-ProcessPoolTask { param($c) $c.GetNetworkCredential().Password } $cred | Receive-ProcessPoolTask | Should -BeExactly 'pässword'
            $back = Start-IpcProcess { $c = $using:cred; $c.GetNetworkCredential().Password; $c } | Receive-IpcProcess -Wait
            $back[0] | Should -BeExactly 'pässword'
            $back[1].GetNetworkCredential().Password | Should -BeExactly 'pässword'
        }

        It 'arrive in messages: of queues, topics and pipes, by cmdlet and method' {
            $queue = New-IpcQueue
            Send-IpcMessage $queue $cred
            $queue.Send(@{ deep = @($cred) })
            (Receive-IpcMessage $queue).GetNetworkCredential().Password | Should -BeExactly 'pässword'
            $queue.Receive().deep[0].GetNetworkCredential().Password | Should -BeExactly 'pässword'
            $topic = New-IpcTopic
            $subscription = New-IpcSubscription $topic
            Send-IpcMessage $topic $cred
            (Receive-IpcMessage $subscription).UserName | Should -Be 'me'
            $pipe = New-IpcPipe
            Send-IpcMessage $pipe.Writer $cred
            (Receive-IpcMessage $pipe.Reader).UserName | Should -Be 'me'
            $dictionary = New-SharedDictionary
            $dictionary['login'] = $cred
            $dictionary['login'].GetNetworkCredential().Password | Should -BeExactly 'pässword'
        }
    }

    Context 'Beyond them' {
        It 'are refused by what outlives the processes, and by bytes' {
            $queue = New-IpcQueue -Persistent
            { Send-IpcMessage $queue @{ deep = $cred } -ErrorAction Stop } | Should -Throw -ErrorId 'IpcSerialization,*' -ExpectedMessage '*-AllowSecret*'
            { $queue.Send($secure) } | Should -Throw -ExpectedMessage '*-AllowSecret*'
            $topic = New-IpcTopic -Persistent
            { Send-IpcMessage $topic $cred -ErrorAction Stop } | Should -Throw -ErrorId 'IpcSerialization,*'
            $dictionary = New-SharedDictionary -Persistent
            { $dictionary['login'] = $cred } | Should -Throw -ExpectedMessage '*-AllowSecret*'
            { ConvertTo-IpcData $cred -ErrorAction Stop } | Should -Throw -ErrorId 'IpcSerialization,*'
            { ConvertTo-IpcData @{ c = $cred } CliXml -ErrorAction Stop } | Should -Throw -ErrorId 'IpcSerialization,*'
            $queue.Count | Should -Be 0
            Remove-IpcQueue $queue; Remove-IpcTopic $topic; Remove-SharedDictionary $dictionary
        }

        It 'go there by the caller''s word' {
            $queue = New-IpcQueue -Persistent
            Send-IpcMessage $queue $cred -AllowSecret
            (Receive-IpcMessage $queue).GetNetworkCredential().Password | Should -BeExactly 'pässword'
            Remove-IpcQueue $queue
            (ConvertTo-IpcData $cred -AllowSecret | ConvertFrom-IpcData).GetNetworkCredential().Password | Should -BeExactly 'pässword'
            (ConvertTo-IpcData $cred CliXml -AllowSecret | ConvertFrom-IpcData -Serializer CliXml).GetNetworkCredential().Password | Should -BeExactly 'pässword'
        }

        It 'are refused by connections' {
            $listener = New-IpcListener
            $client = Connect-IpcPipe $listener.Address
            { Send-IpcMessage $client $cred -Serializer MessagePack -ErrorAction Stop } | Should -Throw -ErrorId 'IpcSerialization,*'
            Close-IpcPipe $client; Close-IpcListener $listener
        }

        It 'are never in JSON or a pickle' {
            [Text.Encoding]::UTF8.GetString((ConvertTo-IpcData $cred Json)) | Should -Not -Match 'ssword"?:?"?p'
            [Text.Encoding]::UTF8.GetString((ConvertTo-IpcData $cred Json)) | Should -Not -BeLike '*pässword*'
            [Text.Encoding]::UTF8.GetString((ConvertTo-IpcData $cred Pickle)) | Should -Not -BeLike '*pässword*'
        }
    }

    Context 'In what is shown' {
        It 'are not: errors, -Debug, -Verbose, tables' {
            $all = & {
                $cred | Invoke-ProcessPool { throw 'failed' } -Verbose -Debug
                Invoke-ProcessPool { Write-Error no -TargetObject $using:cred; $using:cred }
                $queue = New-IpcQueue
                Send-IpcMessage $queue $cred -Verbose -Debug
                Receive-IpcMessage $queue -IncludeMetadata
            } *>&1
            $all.Count | Should -BeGreaterThan 3
            ($all | Format-List * -Force | Out-String) + ($all | Out-String) | Should -Not -BeLike '*pässword*'
        }

        It 'stay secrets as the target of an error' {
            $errors = Invoke-ProcessPool { Write-Error no -TargetObject $using:cred } 2>&1
            $errors[0].TargetObject.GetNetworkCredential().Password | Should -BeExactly 'pässword'
        }
    }

    Context 'In memory' {
        It 'leave nothing in shared memory once they were received' -Skip:(-not $IsLinux) {
            $word = "word$([guid]::NewGuid().ToString('N'))"
            $secret = [pscredential]::new('me', (ConvertTo-SecureString $word -AsPlainText -Force))
            function Find-Word {
                $texts = 'UTF8', 'Unicode' | ForEach-Object { [Text.Encoding]::Latin1.GetString([Text.Encoding]::$_.GetBytes($word)) }
                foreach ($file in [IO.Directory]::GetFiles('/dev/shm', 'psipc*')) {
                    try { $content = [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($file)) } catch { continue } # removed meanwhile
                    if ($texts | Where-Object { $content.Contains($_, 'Ordinal') }) { $file }
                }
            }

            $queue = New-IpcQueue
            $confirming = New-IpcQueue -RequireConfirmation
            $pipe = New-IpcPipe
            foreach ($to in $queue, $confirming, $pipe.Writer) { Send-IpcMessage $to $secret }
            @(Find-Word).Count | Should -Be 3 -Because 'they are not received yet'
            foreach ($from in $queue, $pipe.Reader) { (Receive-IpcMessage $from).GetNetworkCredential().Password | Should -BeExactly $word }
            Receive-IpcMessage $confirming | Confirm-IpcMessage

            $pool = New-ProcessPool -WorkerCount 1
            $secret | Invoke-ProcessPool -Pool $pool { param($c) ($using:secret).UserName; $c.UserName; $_ } -ArgumentList $secret | Select-Object -Last 1 | ForEach-Object { $_.GetNetworkCredential().Password } | Should -BeExactly $word
            (Start-ProcessPoolTask -Pool $pool { $_ } -InputObject $secret | Receive-ProcessPoolTask).UserName | Should -Be 'me'
            $process = Start-IpcProcess { $using:secret } | Wait-IpcProcess
            ($process | Receive-IpcProcess).UserName | Should -Be 'me'
            Find-Word | Should -BeNullOrEmpty
        }

        It 'are cleared in the buffers that a message was written into' {
            $buffer = [PSIpc.IpcQueue].Assembly.GetType('PSIpc.MessageBuffer')
            $queue = New-IpcQueue
            $queue.Send($cred)
            $free = $buffer.GetField('_free', 'NonPublic, Static').GetValue($null)
            $bytes = $buffer.GetField('_bytes', 'NonPublic, Instance').GetValue($free)
            [Text.Encoding]::Unicode.GetString($bytes) + [Text.Encoding]::Unicode.GetString($bytes, 1, $bytes.Length - 1) | Should -Not -BeLike '*ssword*'
        }
    }
}
