//! Raw access to a bucket, by rust-s3's own blocking client: what it finds is
//! there, whatever the library under test believes.

use s3::creds::Credentials;
use s3::{Bucket, BucketConfiguration, Region};

#[derive(Clone, Debug)]
pub struct Judge {
    bucket: Box<Bucket>,
}

impl Judge {
    pub fn new(endpoint: String, region: &str, keys: (&str, &str), bucket: &str) -> Self {
        let region = Region::Custom {
            region: region.to_owned(),
            endpoint,
        };
        let (access_key, secret_key) = (Some(keys.0), Some(keys.1));
        let credentials = Credentials::new(access_key, secret_key, None, None, None).unwrap();
        let bucket = Bucket::new(bucket, region, credentials).unwrap();
        Self {
            bucket: bucket.with_path_style(),
        }
    }

    /// Makes the bucket, unless it is there.
    pub fn create_bucket(&self) {
        let reply = Bucket::create_with_path_style(
            &self.bucket.name,
            self.bucket.region.clone(),
            self.bucket.credentials().unwrap(),
            BucketConfiguration::default(),
        )
        .unwrap();
        // A key that may not create buckets will do where there is one.
        let there = matches!(reply.response_code, 200 | 409)
            || self
                .bucket
                .list_page(String::new(), None, None, None, Some(1))
                .is_ok();
        assert!(there, "cannot create the bucket: {}", reply.response_text);
    }

    pub fn put(&self, name: &str, body: &[u8]) {
        let reply = self.bucket.put_object(name, body).unwrap();
        assert_eq!(reply.status_code(), 200, "PUT {name}: {reply}");
    }

    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let reply = self.bucket.get_object(name).unwrap();
        match reply.status_code() {
            200 => Some(reply.to_vec()),
            404 => None,
            other => panic!("GET {name}: {other}: {reply}"),
        }
    }

    pub fn delete(&self, name: &str) {
        let reply = self.bucket.delete_object(name).unwrap();
        assert!(
            matches!(reply.status_code(), 200 | 204),
            "DELETE {name}: {reply}"
        );
    }

    /// All pages.
    pub fn list(&self, prefix: &str) -> Vec<String> {
        let pages = self.bucket.list(prefix.to_owned(), None).unwrap();
        let mut names: Vec<_> = pages
            .into_iter()
            .flat_map(|page| page.contents)
            .map(|object| object.key)
            .collect();
        names.sort();
        names
    }
}
