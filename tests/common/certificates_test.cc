#include "services/common/tls/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/certificates.h"
#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace readcount {
namespace {

using ::testing::AllOf;
using testing::CertificateAuthority;
using ::testing::HasSubstr;
using testing::ReplaceFile;

class CertificatesTest : public ::testing::Test {
 protected:
  CertificatesTest() {
    settings_.origins["sync.tls_certificate"] = {.place = "app.yaml:7", .text = ""};
    settings_.origins["sync.tls_key"] = {.place = "app.yaml:8", .text = ""};
    settings_.origins["sync.tls_client_ca"] = {.place = "app.yaml:9", .text = ""};
    authority_.Issue().Write(dir_.path("own"));
    ReplaceFile(dir_.path("ca.pem"), authority_.certificate());
  }

  TlsSettings Own() const {
    return {.certificate = dir_.path("own.pem"), .key = dir_.path("own.key"), .ca = ""};
  }
  std::string ErrorOf(const TlsSettings& tls) {
    const absl::Status status = CheckTls(settings_, kSyncTls, tls, absl::Now());
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  }

  const testing::TempDir dir_;
  const CertificateAuthority authority_;
  Settings settings_;
};

TEST_F(CertificatesTest, SoundFilesAndNoneAreGood) {
  TlsSettings tls = Own();
  EXPECT_TRUE(CheckTls(settings_, kSyncTls, tls, absl::Now()).ok());
  tls.ca = dir_.path("ca.pem");
  EXPECT_TRUE(CheckTls(settings_, kSyncTls, tls, absl::Now()).ok());
  EXPECT_TRUE(CheckTls(settings_, kSyncTls, {}, absl::Now()).ok());
  EXPECT_TRUE(CheckTls(settings_, kServicesTls, {.ca = dir_.path("ca.pem")}, absl::Now()).ok());
}

TEST_F(CertificatesTest, AnExpiredCertificateIsRefusedWithWhenAndWhere) {
  authority_.IssueExpired().Write(dir_.path("own"));
  EXPECT_THAT(ErrorOf(Own()), AllOf(HasSubstr("app.yaml:7: sync.tls_certificate: " + dir_.path("own.pem")),
                                    HasSubstr("has expired at 20"), HasSubstr("renew it")));
}

TEST_F(CertificatesTest, ACertificateThatIsNotValidYetIsRefused) {
  authority_.Issue({.from = absl::Now() + absl::Hours(1)}).Write(dir_.path("own"));
  EXPECT_THAT(ErrorOf(Own()), HasSubstr("is not valid before 20"));
}

TEST_F(CertificatesTest, AnExpiredCertificateBehindTheFirstIsRefusedToo) {
  ReplaceFile(dir_.path("own.pem"),
              testing::ReadFile(dir_.path("own.pem")) + authority_.IssueExpired().certificate);
  EXPECT_THAT(ErrorOf(Own()), HasSubstr("has expired"));
}

TEST_F(CertificatesTest, AKeyOfAnotherCertificateIsRefused) {
  ReplaceFile(dir_.path("own.key"), authority_.Issue().key);
  EXPECT_THAT(ErrorOf(Own()), AllOf(HasSubstr("app.yaml:8: sync.tls_key: " + dir_.path("own.key")),
                                    HasSubstr("is not the key of the first certificate")));
}

TEST_F(CertificatesTest, AMissingFileIsNamed) {
  TlsSettings tls = Own();
  tls.key = dir_.path("nowhere.key");
  EXPECT_THAT(ErrorOf(tls),
              AllOf(HasSubstr("app.yaml:8: sync.tls_key"), HasSubstr("nowhere.key cannot be read")));
  tls = Own();
  tls.certificate = dir_.path("nowhere.pem");
  EXPECT_THAT(ErrorOf(tls), HasSubstr("nowhere.pem cannot be read: No such file"));
  tls = Own();
  tls.ca = dir_.path("nowhere.ca");
  EXPECT_THAT(ErrorOf(tls), HasSubstr("app.yaml:9: sync.tls_client_ca: " + dir_.path("nowhere.ca")));
}

TEST_F(CertificatesTest, WhatIsNoRegularFileIsRefusedWithoutWaiting) {
  TlsSettings tls = Own();
  tls.key = dir_.path("pipe");
  ASSERT_EQ(mkfifo(tls.key.c_str(), 0600), 0);
  EXPECT_THAT(ErrorOf(tls), HasSubstr("app.yaml:8: sync.tls_key: " + tls.key + " is no regular file"));
  tls.certificate = dir_.path();
  EXPECT_THAT(ErrorOf(tls), HasSubstr(dir_.path() + " is a directory, not a file"));
}

TEST_F(CertificatesTest, WhatIsNotPemIsRefused) {
  ReplaceFile(dir_.path("own.pem"), "");
  EXPECT_THAT(ErrorOf(Own()), HasSubstr("holds no certificate"));
  ReplaceFile(dir_.path("own.pem"), "nonsense");
  EXPECT_THAT(ErrorOf(Own()), HasSubstr("holds no certificate"));
  authority_.Issue().Write(dir_.path("own"));
  ReplaceFile(dir_.path("own.key"), "nonsense");
  EXPECT_THAT(ErrorOf(Own()), HasSubstr("holds no private key"));
}

TEST_F(CertificatesTest, AFileWithoutItsCompanionIsRefused) {
  EXPECT_THAT(ErrorOf({.certificate = dir_.path("own.pem")}), HasSubstr("needs sync.tls_key as well"));
  EXPECT_THAT(ErrorOf({.key = dir_.path("own.key")}), HasSubstr("needs sync.tls_certificate as well"));
  EXPECT_THAT(ErrorOf({.ca = dir_.path("ca.pem")}), HasSubstr("needs sync.tls_certificate as well"));
  EXPECT_THAT(std::string(CheckTls(settings_, kServicesTls, Own(), absl::Now()).message()),
              HasSubstr("needs gateway.services_ca as well"));
}

TEST_F(CertificatesTest, OfSeveralAuthoritiesOneThatIsValidIsEnough) {
  TlsSettings tls = Own();
  tls.ca = dir_.path("ca.pem");
  ReplaceFile(tls.ca, authority_.IssueExpired().certificate + authority_.certificate());
  EXPECT_TRUE(CheckTls(settings_, kSyncTls, tls, absl::Now()).ok());
  ReplaceFile(tls.ca, authority_.IssueExpired().certificate);
  EXPECT_THAT(ErrorOf(tls), HasSubstr("has expired"));
}

TEST_F(CertificatesTest, AKeyThatOthersMayReadIsWarnedOf) {
  ReplaceFile(dir_.path("own.key"), testing::ReadFile(dir_.path("own.key")), /*readable_by_all=*/true);
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(CheckTls(settings_, kSyncTls, Own(), absl::Now()).ok());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("secret_readable_by_others"), HasSubstr(dir_.path("own.key"))));
}

TEST_F(CertificatesTest, AnAddressThatOthersReachWithoutTlsIsWarnedOf) {
  const Address anywhere = {.host = "0.0.0.0", .port = 1};
  ::testing::internal::CaptureStderr();
  WarnOfPlaintext(settings_, "sync.listen", anywhere, {}, /*reachable=*/false);
  WarnOfPlaintext(settings_, "sync.listen", anywhere, Own(), /*reachable=*/true);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  ::testing::internal::CaptureStderr();
  WarnOfPlaintext(settings_, "sync.listen", anywhere, {}, /*reachable=*/true);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), AllOf(HasSubstr("no_tls"), HasSubstr("sync.listen")));
}

}  // namespace
}  // namespace readcount
