BeforeAll { . $PSScriptRoot/Setup.ps1 }

Describe 'Connect-IpcServer' {
    It 'says that nobody listens, without the password' {
        $credential = [pscredential]::new('user', (ConvertTo-SecureString 'a secret' -AsPlainText -Force))
        $e = { Connect-IpcServer amqp://127.0.0.1:1 $credential -Name pester-server -ReconnectTimeout 1 -Timeout 60 -ErrorAction Stop } | Should -Throw -PassThru
        $e.FullyQualifiedErrorId | Should -BeLike 'IpcNotFound,*'
        "$e" | Should -Not -BeLike '*a secret*'
    }
    It 'refuses what is no address, and certificates without TLS' {
        { Connect-IpcServer http://localhost -ErrorAction Stop } | Should -Throw -ErrorId 'IpcInvalidArgument,*'
        { Connect-IpcServer amqp://localhost -CertificateAuthority no-such-file -Certificate no-such-file -CertificatePassword (ConvertTo-SecureString 'x' -AsPlainText -Force) -ErrorAction Stop } | Should -Throw
    }
}
